/* iccp_sim_val.h - the names and values in iccp-sim's messages. */
#ifndef TESTS_ICCP_SIM_VAL_H
#define TESTS_ICCP_SIM_VAL_H

#include "tests/tools/iccp_sim_pdu.h"

/* Streams of noise: no two messages of an association draw on the same one. */
enum { NOISE_REPORT = 1, NOISE_ANSWER = 2, NOISE_REQUEST = 3, NOISE_TEXT = 4 };

uint64_t val_noise(const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t i);
float val_real(uint64_t x);

/* Text value number n of that association; returns its length. */
size_t val_text(const struct pdu_model *m, unsigned n, uint8_t out[PDU_TEXT_MAX]);
/* A number of 56 bits for those octets: what a text's check and the set-up's check are. */
uint64_t val_digest(const uint8_t *p, size_t n);

/* Names. */
const char *val_point_name(char out[PDU_NAME_CAP], unsigned i);
const char *val_seeded(char out[PDU_NAME_CAP], const char *prefix, const struct pdu_model *m);
const char *val_device(char out[PDU_NAME_CAP], const struct pdu_model *m, const char *suffix);

/* Encoded: domain-specific names, and as variables (without a model: VMD-specific). */
void val_icc(struct enc *e, const struct pdu_model *m, const char *item);
void val_variable(struct enc *e, const struct pdu_model *m, const char *item);
void val_point_variables(struct enc *e, const struct pdu_model *m, uint32_t n);
void val_data_set_variables(struct enc *e, const struct pdu_model *m);

/* Encoded values; which and kind choose the noise. */
void val_object_name(struct enc *e, const struct pdu_model *m, const char *prefix);
void val_points(struct enc *e, const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t n);
void val_head(struct enc *e, const struct pdu_model *m, uint32_t sequence);
void val_transfer_set(struct enc *e, const struct pdu_model *m, bool status);
void val_set_up(struct enc *e, const struct pdu_model *m);
void val_tag_value(struct enc *e, const struct pdu_model *m);

#endif

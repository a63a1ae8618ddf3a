/* conf_rules.h - what single objects demand beyond the schema's rows; for conf_check.c only. */
#ifndef IPS_CONF_RULES_H
#define IPS_CONF_RULES_H

#include "ips/conf_int.h"

/* Values of one node against each other. */
void conf_rule_node(const struct conf_node *n);
/* Entries of one table against each other and against other tables. */
void conf_rule_table(struct conf *c, const struct conf_scope *s, enum conf_object_id id);

#endif

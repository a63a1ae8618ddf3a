/* script.h - capture scripts: lines, blocks and statements. The language is in README.md.
 */
#ifndef TESTS_TOOLS_SCRIPT_H
#define TESTS_TOOLS_SCRIPT_H

#include "tests/tools/frame.h"

/* Runs the script at path and writes the capture at out. Ends the program if the script is wrong. */
void script_run(const char *path, const char *out, uint64_t *packets);

#endif

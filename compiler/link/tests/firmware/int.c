#include "resilient.h"

int64_t resilient_program(void) {
    resilient_print_int(-9223372036854775807 - 1);
    resilient_print_newline();
    return 258;
}

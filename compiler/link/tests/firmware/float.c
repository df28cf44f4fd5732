#include "resilient.h"

volatile double value = 0.1;

int64_t resilient_program(void) {
    resilient_print_float(value * 3);
    resilient_print_newline();
    value = 1e300;
    resilient_print_float(value * 1e10);
    resilient_print_newline();
    return 0;
}

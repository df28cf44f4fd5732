#include "resilient.h"

STR(hello, "Hello, world!");

int64_t resilient_program(void) {
    resilient_print_str(&hello);
    resilient_print_newline();
    return 0;
}

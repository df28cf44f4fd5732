#include "resilient.h"

int64_t resilient_program(void) { return 0; }

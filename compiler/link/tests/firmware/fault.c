#include "resilient.h"

static const file_name file = {7, "prog.rz"};
static const site here = {&file, 12, 34};

int64_t resilient_program(void) { resilient_fault_division_by_zero(&here); }

#include "resilient.h"

static const layout bytes = {1, 1, 0};

// Allocates until there is no more, and gives everything back but the last, twice: the second round gets as far.
int64_t resilient_program(void) {
    int counts[2];
    for (int round = 0; round < 2; round++) {
        void *blocks[64];
        int n = 0;
        for (int size = 1000; n < 8; n++, size = size * 3 / 2) blocks[n] = resilient_array_new(&bytes, 0, size);
        for (int k = 0; k < n; k += 2) resilient_ref_release(blocks[k]);
        for (int k = 1; k < n; k += 2) resilient_ref_release(blocks[k]);
        counts[round] = n;
    }
    resilient_print_int(counts[0] - counts[1]);
    resilient_print_newline();
    str_object *text = resilient_str_from_int(7);
    for (;;) text = resilient_str_concat(text, text);
}

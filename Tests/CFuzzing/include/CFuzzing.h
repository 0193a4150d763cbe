#pragma once
#include <stddef.h>

/// Begins to count the memory that is allocated, and stops the program when more than `limit` bytes
/// of what is allocated from now on live at once.
void fuzzing_limit_memory(size_t limit);

/// Ends counting.
void fuzzing_end_limit(void);

/// Opens a file that is nowhere on a disk, and returns its descriptor, -1 on failure.
int fuzzing_memory_file(void);

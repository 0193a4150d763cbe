#ifndef BYTE_BUFFER_H
#define BYTE_BUFFER_H

#include "CImageCodecs.h"

/// Appends bytes to the buffer. Returns 0 if there is not enough memory.
int appendBytes(ByteBuffer *buffer, const uint8_t *bytes, size_t count);

#endif

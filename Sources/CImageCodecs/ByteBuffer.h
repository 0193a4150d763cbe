#ifndef BYTE_BUFFER_H
#define BYTE_BUFFER_H

#include "CImageCodecs.h"

/// Returns 0 when there is no memory.
int appendBytes(ByteBuffer *buffer, const uint8_t *bytes, size_t count);

#endif

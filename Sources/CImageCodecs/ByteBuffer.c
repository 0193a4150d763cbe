#include "ByteBuffer.h"

#include <stdlib.h>
#include <string.h>

int appendBytes(ByteBuffer *buffer, const uint8_t *bytes, size_t count) {
  if (count > buffer->capacity - buffer->count) {
    if (count > SIZE_MAX / 4 - buffer->count) return 0;
    size_t capacity = 2 * (buffer->count + count);
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (grown == NULL) return 0;
    buffer->bytes = grown;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
  return 1;
}

void freeByteBuffer(ByteBuffer *buffer) {
  free(buffer->bytes);
  *buffer = (ByteBuffer){0};
}

// PNG and JPEG files through libpng and libjpeg. Both report errors by longjmp, which must not
// cross a Swift frame, so every call to them is made here. Pixels are [height, width, 3] bytes, R, G
// and B. There is no global state: files can be read and written on any number of threads.

#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

/// Why a file could not be read or written.
typedef struct {
  /// The file may be sound, but is of a kind that is not read.
  int isUnsupported;
  /// The bytes of the file that had been taken by then.
  size_t position;
  char reason[200];
} ImageFailure;

/// A file of which the header has been read. The file's bytes must outlive it.
typedef struct ImageReader {
  long width;
  long height;
  /// Writes the pixels; to be called once. Returns 0 and sets the failure if the file is damaged.
  int (*read)(struct ImageReader *reader, uint8_t *pixels, ImageFailure *failure);
  /// Frees the reader.
  void (*close)(struct ImageReader *reader);
} ImageReader;

/// Reads the header of a PNG file, and allocates nothing that grows with the sizes it claims.
/// Returns NULL and sets the failure if it is damaged.
ImageReader *openPNG(const uint8_t *file, size_t count, ImageFailure *failure);

/// The same for a JPEG file.
ImageReader *openJPEG(const uint8_t *file, size_t count, ImageFailure *failure);

/// Bytes that grow as they are appended.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} ByteBuffer;

/// Appends a PNG file to the buffer. Returns 0 and sets the failure if it cannot be written.
int writePNG(
  const uint8_t *pixels, long width, long height, ByteBuffer *file, ImageFailure *failure);

/// Appends a baseline JPEG file of this quality (1 to 100), color at half the size, to the buffer.
int writeJPEG(
  const uint8_t *pixels, long width, long height, int quality, ByteBuffer *file,
  ImageFailure *failure);

/// Frees the bytes.
void freeByteBuffer(ByteBuffer *buffer);

#endif

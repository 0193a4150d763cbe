// PNG and JPEG files through libpng and libjpeg. Both libraries report errors by longjmp, which
// must not cross a Swift frame, so they are called only here. Pixels are [height, width, 3] bytes:
// R, G and B. There is no global state: several threads can read and write files at the same time.

#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

/// Why a file could not be read or written.
typedef struct {
  /// Whether the file is of a kind that is not read, rather than damaged.
  int isUnsupported;
  /// The number of bytes of the file that had been read.
  size_t position;
  char reason[200];
} ImageFailure;

/// An open file whose header has been read. The file's bytes must outlive it.
typedef struct ImageReader {
  ptrdiff_t width;
  ptrdiff_t height;
  /// Decodes the pixels; to be called once. Returns 0 and sets the failure if the file is damaged.
  int (*read)(struct ImageReader *reader, uint8_t *pixels, ImageFailure *failure);
  /// Frees the reader.
  void (*close)(struct ImageReader *reader);
} ImageReader;

/// Reads the header of a PNG file, without allocations that depend on the declared size. Returns
/// NULL and sets the failure if it is damaged.
ImageReader *openPNG(const uint8_t *file, size_t count, ImageFailure *failure);

/// The same for a JPEG file.
ImageReader *openJPEG(const uint8_t *file, size_t count, ImageFailure *failure);

/// A growing array of bytes.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} ByteBuffer;

/// Appends a PNG file to the buffer. Returns 0 and sets the failure if it cannot be written.
int writePNG(
  const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height, ByteBuffer *file, ImageFailure *failure);

/// Appends a baseline JPEG file of this quality (1 to 100) with 4:2:0 chroma subsampling to the
/// buffer, with Huffman tables of its own where it optimizes. Returns 0 and sets the failure if it cannot
/// be written.
int writeJPEG(
  const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height, int quality, int optimizes,
  ByteBuffer *file, ImageFailure *failure);

/// Frees the bytes.
void freeByteBuffer(ByteBuffer *buffer);

/// The version of libpng that is loaded, such as "1.6.39".
const char *versionOfPNG(void);

/// The version of libjpeg-turbo whose header this was compiled with, such as "2.1.5"; of another
/// libjpeg, the number of its interface. The library itself does not tell.
const char *versionOfJPEG(void);

#endif

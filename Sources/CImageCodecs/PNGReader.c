#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"

/// The type of image data chunks, IDAT.
static const png_uint_32 imageData = 0x49444154;

/// On the heap, because local variables are undefined after a longjmp.
typedef struct {
  ImageReader base;
  png_structp png;
  png_infop info;
  const uint8_t *file;
  size_t count;
  size_t position;
  /// The number of bytes of image data that the current row has taken.
  size_t rowCount;
  ImageFailure *failure;
  jmp_buf escape;
} PNGReader;

static void fail(png_structp png, png_const_charp reason) {
  PNGReader *reader = png_get_error_ptr(png);
  snprintf(reader->failure->reason, sizeof reader->failure->reason, "%s", reason);
  reader->failure->position = reader->position;
  longjmp(reader->escape, 1);
}

static void ignoreWarning(png_structp png, png_const_charp reason) {
  (void)png;
  (void)reason;
}

/// Limits the image data of a row, which has at most 8 bytes per pixel. After the last row libpng
/// would inflate everything that follows, up to a thousand times as long, although only a checksum
/// may follow.
static void checkRow(PNGReader *reader, size_t count) {
  int isData = (png_get_io_state(reader->png) & PNG_IO_CHUNK_DATA) != 0;
  if (!isData || png_get_io_chunk_type(reader->png) != imageData) return;
  reader->rowCount += count;
  if (reader->rowCount > 16384 + 16 * (size_t)reader->base.width)
    png_error(reader->png, "image data after the last row");
}

static void readBytes(png_structp png, png_bytep bytes, size_t count) {
  PNGReader *reader = png_get_io_ptr(png);
  checkRow(reader, count);
  if (count > reader->count - reader->position) {
    reader->position = reader->count;
    png_error(png, "the file is truncated");
  }
  memcpy(bytes, reader->file + reader->position, count);
  reader->position += count;
}

/// Reports an invalid width or height with its value, which libpng's message lacks.
static void checkHeaderSizes(PNGReader *reader) {
  static const uint8_t name[4] = "IHDR";
  if (reader->count < 24 || memcmp(reader->file + 12, name, 4) != 0) return;
  png_uint_32 width = png_get_uint_32(reader->file + 16);
  png_uint_32 height = png_get_uint_32(reader->file + 20);
  if (width - 1 < PNG_UINT_31_MAX && height - 1 < PNG_UINT_31_MAX) return;
  char reason[100];
  snprintf(
    reason, sizeof reason, "a size of %u×%u pixels, expected 1 to %u each", width, height,
    PNG_UINT_31_MAX);
  png_error(reader->png, reason);
}

static void closePNG(ImageReader *base) {
  PNGReader *reader = (PNGReader *)base;
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}

/// Requests palette indices of one byte, or R, G and B. Alpha is dropped, and the low 8 of 16 bits.
static void setTransforms(png_structp png, int colorType) {
  if (colorType == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(png);
    return;
  }
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (colorType == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  if ((colorType & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
}

/// Replaces the palette indices of a row by their colors in place, from the last to the first.
static void expandPalette(PNGReader *reader, uint8_t *row) {
  png_colorp palette = NULL;
  int colors = 0;
  png_get_PLTE(reader->png, reader->info, &palette, &colors);
  for (ptrdiff_t column = reader->base.width - 1; column >= 0; column--) {
    int index = row[column];
    if (index >= colors) png_error(reader->png, "a pixel's color is not in the palette");
    row[3 * column] = palette[index].red;
    row[3 * column + 1] = palette[index].green;
    row[3 * column + 2] = palette[index].blue;
  }
}

static int readPNG(ImageReader *base, uint8_t *pixels, ImageFailure *failure) {
  PNGReader *reader = (PNGReader *)base;
  reader->failure = failure;
  if (setjmp(reader->escape)) return 0;

  int colorType = png_get_color_type(reader->png, reader->info);
  setTransforms(reader->png, colorType);
  int passes = png_set_interlace_handling(reader->png);
  png_read_update_info(reader->png, reader->info);
  size_t stride = 3 * (size_t)base->width;
  size_t expected = colorType == PNG_COLOR_TYPE_PALETTE ? (size_t)base->width : stride;
  if (png_get_rowbytes(reader->png, reader->info) != expected)
    png_error(reader->png, "rows of an unexpected size");

  for (int pass = 0; pass < passes; pass++)
    for (ptrdiff_t row = 0; row < base->height; row++) {
      reader->rowCount = 0;
      png_read_row(reader->png, pixels + row * stride, NULL);
    }
  if (colorType == PNG_COLOR_TYPE_PALETTE)
    for (ptrdiff_t row = 0; row < base->height; row++) expandPalette(reader, pixels + row * stride);
  png_read_end(reader->png, reader->info);
  return 1;
}

ImageReader *openPNG(const uint8_t *file, size_t count, ImageFailure *failure) {
  PNGReader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) {
    snprintf(failure->reason, sizeof failure->reason, "out of memory");
    return NULL;
  }
  reader->base.read = readPNG;
  reader->base.close = closePNG;
  reader->file = file;
  reader->count = count;
  reader->failure = failure;
  snprintf(failure->reason, sizeof failure->reason, "out of memory");
  if (setjmp(reader->escape)) {
    closePNG(&reader->base);
    return NULL;
  }

  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail, ignoreWarning);
  if (reader->png != NULL) reader->info = png_create_info_struct(reader->png);
  if (reader->info == NULL) longjmp(reader->escape, 1);
  png_set_read_fn(reader->png, reader, readBytes);
  // The caller checks the size before anything is allocated for it.
  png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Chunks that do not affect R, G and B are skipped, so that a decompression bomb in them is
  // harmless.
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
  // In the remaining chunks, errors that libpng would tolerate are damage.
  png_set_benign_errors(reader->png, 0);
  checkHeaderSizes(reader);
  png_read_info(reader->png, reader->info);
  reader->base.width = png_get_image_width(reader->png, reader->info);
  reader->base.height = png_get_image_height(reader->png, reader->info);
  return &reader->base;
}

const char *versionOfPNG(void) { return png_get_libpng_ver(NULL); }

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "ByteBuffer.h"

typedef struct {
  png_structp png;
  png_infop info;
  ByteBuffer *file;
  ImageFailure *failure;
  jmp_buf escape;
} PNGWriter;

static void fail(png_structp png, png_const_charp reason) {
  PNGWriter *writer = png_get_error_ptr(png);
  snprintf(writer->failure->reason, sizeof writer->failure->reason, "%s", reason);
  longjmp(writer->escape, 1);
}

static void ignoreWarning(png_structp png, png_const_charp reason) {
  (void)png;
  (void)reason;
}

static void writeBytes(png_structp png, png_bytep bytes, size_t count) {
  PNGWriter *writer = png_get_io_ptr(png);
  if (!appendBytes(writer->file, bytes, count)) png_error(png, "out of memory");
}

static void flush(png_structp png) { (void)png; }

static int writeImage(PNGWriter *writer, const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height) {
  if (setjmp(writer->escape)) return 0;
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, fail, ignoreWarning);
  if (writer->png != NULL) writer->info = png_create_info_struct(writer->png);
  if (writer->info == NULL) return 0;
  png_set_write_fn(writer->png, writer, writeBytes, flush);
  png_set_IHDR(
    writer->png, writer->info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB,
    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer->png, writer->info);
  for (ptrdiff_t row = 0; row < height; row++) png_write_row(writer->png, pixels + 3 * width * row);
  png_write_end(writer->png, NULL);
  return 1;
}

int writePNG(
  const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height, ByteBuffer *file, ImageFailure *failure) {
  snprintf(failure->reason, sizeof failure->reason, "out of memory");
  PNGWriter *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return 0;
  writer->file = file;
  writer->failure = failure;
  int isWritten = writeImage(writer, pixels, width, height);
  png_destroy_write_struct(&writer->png, &writer->info);
  free(writer);
  return isWritten;
}

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "ByteBuffer.h"

typedef struct {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  uint8_t block[4096];
  ByteBuffer *file;
  ImageFailure *failure;
  jmp_buf escape;
} JPEGWriter;

static void fail(j_common_ptr info) {
  JPEGWriter *writer = info->client_data;
  info->err->format_message(info, writer->failure->reason);
  longjmp(writer->escape, 1);
}

static void ignoreMessage(j_common_ptr info, int level) {
  (void)info;
  (void)level;
}

static void emptyBlock(j_compress_ptr info) {
  JPEGWriter *writer = info->client_data;
  writer->destination.next_output_byte = writer->block;
  writer->destination.free_in_buffer = sizeof writer->block;
}

static void append(JPEGWriter *writer, size_t count) {
  if (appendBytes(writer->file, writer->block, count)) return;
  snprintf(writer->failure->reason, sizeof writer->failure->reason, "out of memory");
  longjmp(writer->escape, 1);
}

static boolean appendBlock(j_compress_ptr info) {
  append(info->client_data, sizeof((JPEGWriter *)info->client_data)->block);
  emptyBlock(info);
  return TRUE;
}

static void appendLastBlock(j_compress_ptr info) {
  JPEGWriter *writer = info->client_data;
  append(writer, sizeof writer->block - writer->destination.free_in_buffer);
}

static int writeImage(
  JPEGWriter *writer, const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height, int quality,
  int optimizes) {
  struct jpeg_compress_struct *info = &writer->info;
  if (setjmp(writer->escape)) return 0;
  jpeg_create_compress(info);
  info->dest = &writer->destination;
  info->image_width = (JDIMENSION)width;
  info->image_height = (JDIMENSION)height;
  info->input_components = 3;
  info->in_color_space = JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  info->optimize_coding = optimizes ? TRUE : FALSE;
  jpeg_start_compress(info, TRUE);
  while (info->next_scanline < info->image_height) {
    JSAMPROW row = (JSAMPROW)pixels + 3 * (size_t)width * info->next_scanline;
    jpeg_write_scanlines(info, &row, 1);
  }
  jpeg_finish_compress(info);
  return 1;
}

int writeJPEG(
  const uint8_t *pixels, ptrdiff_t width, ptrdiff_t height, int quality, int optimizes,
  ByteBuffer *file, ImageFailure *failure) {
  JPEGWriter *writer = calloc(1, sizeof *writer);
  if (writer == NULL) {
    snprintf(failure->reason, sizeof failure->reason, "out of memory");
    return 0;
  }
  writer->file = file;
  writer->failure = failure;
  writer->info.client_data = writer;
  writer->info.err = jpeg_std_error(&writer->errors);
  writer->errors.error_exit = fail;
  writer->errors.emit_message = ignoreMessage;
  writer->destination.init_destination = emptyBlock;
  writer->destination.empty_output_buffer = appendBlock;
  writer->destination.term_destination = appendLastBlock;
  int isWritten = writeImage(writer, pixels, width, height, quality, optimizes);
  jpeg_destroy_compress(&writer->info);
  free(writer);
  return isWritten;
}

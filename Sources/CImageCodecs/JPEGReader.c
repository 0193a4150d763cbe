#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

#include "CImageCodecs.h"

/// The limit on scans of a progressive file; encoders write about ten. A scan of a few bytes can
/// cost a pass over all pixels.
static const int maximumScanCount = 100;

/// On the heap, because local variables are undefined after a longjmp.
typedef struct {
  ImageReader base;
  const uint8_t *file;
  size_t count;
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  /// A bit for each component that has had a scan.
  unsigned seenComponents;
  ImageFailure *failure;
  jmp_buf escape;
} JPEGReader;

/// Jumps to the last setjmp. At the end of the file libjpeg continues with two bytes outside of it.
static void leave(JPEGReader *reader) {
  const struct jpeg_source_mgr *source = reader->info.src;
  const uint8_t *next = source != NULL ? source->next_input_byte : reader->file;
  int isInFile = next >= reader->file && next <= reader->file + reader->count;
  reader->failure->position = isInFile ? (size_t)(next - reader->file) : reader->count;
  longjmp(reader->escape, 1);
}

static void failWith(JPEGReader *reader, const char *reason) {
  snprintf(reader->failure->reason, sizeof reader->failure->reason, "%s", reason);
  leave(reader);
}

static int isUnsupported(int code) {
  switch (code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
      return 1;
    default:
      return 0;
  }
}

static void fail(j_common_ptr info) {
  JPEGReader *reader = info->client_data;
  _Static_assert(sizeof reader->failure->reason >= JMSG_LENGTH_MAX, "libjpeg's longest message");
  info->err->format_message(info, reader->failure->reason);
  reader->failure->isUnsupported = isUnsupported(info->err->msg_code);
  leave(reader);
}

/// Whether a warning is about something that no pixel depends on, as cameras and editors write it.
static int isHarmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR;
}

/// Turns warnings into errors: libjpeg only warns of damage and continues with gray.
static void failAtWarning(j_common_ptr info, int level) {
  if (level < 0 && !isHarmless(info->err->msg_code)) fail(info);
}

static void watchScans(j_common_ptr common) {
  JPEGReader *reader = common->client_data;
  struct jpeg_decompress_struct *info = &reader->info;
  if (info->input_scan_number > maximumScanCount) failWith(reader, "more than 100 scans");
  for (int i = 0; i < info->comps_in_scan; i++)
    reader->seenComponents |= 1u << info->cur_comp_info[i]->component_index;
}

static void closeJPEG(ImageReader *base) {
  JPEGReader *reader = (JPEGReader *)base;
  jpeg_destroy_decompress(&reader->info);
  free(reader);
}

/// value · factor / 255, rounded, for bytes.
static int scaled(int value, int factor) {
  int product = value * factor + 128;
  return (product + (product >> 8)) >> 8;
}

/// Converts CMYK to RGB. The bytes are assumed to be inverted, 0 for full ink, as Adobe's programs
/// write them.
static void convertCMYK(const uint8_t *ink, uint8_t *pixels, ptrdiff_t width) {
  for (ptrdiff_t column = 0; column < width; column++, ink += 4, pixels += 3)
    for (int channel = 0; channel < 3; channel++)
      pixels[channel] = (uint8_t)(ink[3] - scaled(255 - ink[channel], ink[3]));
}

static int readJPEG(ImageReader *base, uint8_t *pixels, ImageFailure *failure) {
  JPEGReader *reader = (JPEGReader *)base;
  struct jpeg_decompress_struct *info = &reader->info;
  reader->failure = failure;
  if (setjmp(reader->escape)) return 0;

  // The coefficients of a progressive file take 2 bytes for each of at most 4 components.
  info->mem->max_memory_to_use = (16 << 20) + 8 * base->width * base->height;
  jpeg_start_decompress(info);
  JSAMPARRAY ink = NULL;
  if (info->out_color_space == JCS_CMYK)
    ink = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, 4 * info->output_width, 1);
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = pixels + 3 * (size_t)info->output_width * info->output_scanline;
    jpeg_read_scanlines(info, ink != NULL ? ink : &row, 1);
    if (ink != NULL) convertCMYK(ink[0], row, info->output_width);
  }
  jpeg_finish_decompress(info);
  if (reader->seenComponents != (1u << info->num_components) - 1)
    failWith(reader, "no scan of one of the components");
  return 1;
}

/// Chooses RGB as output where libjpeg can convert to it, otherwise CMYK.
static void chooseColors(JPEGReader *reader) {
  struct jpeg_decompress_struct *info = &reader->info;
  switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
      info->out_color_space = JCS_RGB;
      return;
    case JCS_CMYK:
    case JCS_YCCK:
      info->out_color_space = JCS_CMYK;
      return;
    default:
      snprintf(
        reader->failure->reason, sizeof reader->failure->reason,
        "%d components, expected 1, 3 or 4", info->num_components);
      reader->failure->isUnsupported = 1;
      leave(reader);
  }
}

ImageReader *openJPEG(const uint8_t *file, size_t count, ImageFailure *failure) {
  JPEGReader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) {
    snprintf(failure->reason, sizeof failure->reason, "out of memory");
    return NULL;
  }
  reader->base.read = readJPEG;
  reader->base.close = closeJPEG;
  reader->file = file;
  reader->count = count;
  reader->failure = failure;
  struct jpeg_decompress_struct *info = &reader->info;
  info->client_data = reader;
  info->err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = fail;
  reader->errors.emit_message = failAtWarning;
  if (setjmp(reader->escape)) {
    closeJPEG(&reader->base);
    return NULL;
  }

  jpeg_create_decompress(info);
  reader->progress.progress_monitor = watchScans;
  info->progress = &reader->progress;
  jpeg_mem_src(info, file, count);
  jpeg_read_header(info, TRUE);
  chooseColors(reader);
  reader->base.width = info->image_width;
  reader->base.height = info->image_height;
  return &reader->base;
}

#define TEXT_OF(token) #token
#define TEXT(macro) TEXT_OF(macro)

const char *versionOfJPEG(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return TEXT(LIBJPEG_TURBO_VERSION);
#else
  return TEXT(JPEG_LIB_VERSION);
#endif
}

import CImageCodecs

/// A file of which the header has been read.
///
/// The bytes must outlive it.
struct ImageFileReader: ~Copyable {
  private let format: ImageFormat
  private let file: String
  private let reader: UnsafeMutablePointer<ImageReader>

  init(
    _ bytes: UnsafeRawBufferPointer, format: ImageFormat, file: String
  ) throws(ImageError) {
    var failure = ImageFailure()
    let open =
      switch format {
      case .png: openPNG
      case .jpeg: openJPEG
      }
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    guard let reader = open(start, bytes.count, &failure) else {
      throw failure.error(reading: format, file)
    }
    self.format = format
    self.file = file
    self.reader = reader
  }

  deinit {
    reader.pointee.close(reader)
  }

  func checkSize(maximumSide: Int, maximumPixelCount: Int) throws(ImageError) {
    let (width, height) = (reader.pointee.width, reader.pointee.height)
    guard max(width, height) <= maximumSide, width * height <= maximumPixelCount else {
      throw ImageError(
        file: file,
        problem: .dimensionsTooLarge(
          width: width, height: height, maximumSide: maximumSide,
          maximumPixelCount: maximumPixelCount))
    }
  }

  /// The pixels.
  ///
  /// To be called after the size has been checked.
  consuming func image() throws(ImageError) -> Image {
    let (width, height) = (reader.pointee.width, reader.pointee.height)
    let count = height * width * 3
    var failure = ImageFailure()
    var isComplete = false
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      isComplete = reader.pointee.read(reader, buffer.baseAddress, &failure) != 0
      initializedCount = isComplete ? count : 0
    }
    guard isComplete else {
      throw failure.error(reading: format, file)
    }
    return Image(height: height, width: width, pixels: pixels)
  }
}

extension ImageFailure {
  func error(reading format: ImageFormat, _ file: String) -> ImageError {
    ImageError(
      file: file, offset: position,
      problem: isUnsupported != 0 ? .unsupported(format, text) : .damaged(format, text))
  }

  /// The reason, which C ends with a zero.
  var text: String {
    withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

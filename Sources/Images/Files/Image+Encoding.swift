import CImageCodecs

extension Image {
  /// This image as a PNG file: 8-bit RGB, without time stamp or any other word about its origin.
  ///
  /// The same pixels give the same bytes with the same version of libpng and zlib.
  ///
  /// - Parameter file: The name of the file in errors.
  /// - Returns: The contents of the file, which decode to this image exactly.
  /// - Throws: `ImageError` for an image without pixels.
  public func png(file: String) throws(ImageError) -> [UInt8] {
    try encoded(as: .png, file: file) { pixels, buffer, failure in
      writePNG(pixels, width, height, &buffer, &failure)
    }
  }

  /// This image as a baseline JPEG file with 4:2:0 color, as Pillow's `save(file, quality=…)` writes.
  ///
  /// - Parameters:
  ///   - quality: From 1 to 100, scaling the quantization tables as libjpeg does.
  ///   - file: The name of the file in errors.
  /// - Returns: The contents of the file.
  /// - Throws: `ImageError` for another quality, an image without pixels, or one that is larger than
  ///   JPEG allows.
  public func jpeg(quality: Int, file: String) throws(ImageError) -> [UInt8] {
    guard 1...100 ~= quality else {
      throw ImageError(file: file, problem: .qualityOutOfRange(quality))
    }
    return try encoded(as: .jpeg, file: file) { pixels, buffer, failure in
      writeJPEG(pixels, width, height, Int32(quality), &buffer, &failure)
    }
  }

  private func encoded(
    as format: ImageFormat, file: String,
    write: (UnsafePointer<UInt8>?, inout ByteBuffer, inout ImageFailure) -> Int32
  ) throws(ImageError) -> [UInt8] {
    guard height > 0, width > 0 else {
      throw ImageError(file: file, problem: .emptyImage(width: width, height: height))
    }
    precondition(pixels.count == height * width * 3, "\(pixels.count) bytes for \(height)×\(width)")
    var buffer = ByteBuffer()
    var failure = ImageFailure()
    defer { freeByteBuffer(&buffer) }
    let isWritten = pixels.withUnsafeBufferPointer { write($0.baseAddress, &buffer, &failure) }
    guard isWritten != 0 else {
      throw ImageError(file: file, problem: .unwritable(format, failure.text))
    }
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }
}

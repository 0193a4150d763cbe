import Synchronization

/// The preparation of a picture for a model: its short side is resized, then its center is cropped.
///
/// Equal to torchvision's `Resize(resize)` and `CenterCrop(crop)` of a Pillow image, but that a picture
/// smaller than the crop is not padded with black. Only the pixels of the crop are resampled. Columns are
/// always resampled before rows; Pillow 13 takes the rows of pictures that are more than twice as high as
/// wide first, which changes some of their bytes by 1.
package struct Preparation: Sendable {
  /// The new length of the short side in pixels; nil to leave the size.
  package let resize: Int?
  /// The height and width of the crop in pixels; nil to leave all.
  package let crop: Int?
  private let filters = Filters()

  /// A preparation by positive lengths.
  package init(resize: Int? = nil, crop: Int? = nil) {
    self.resize = resize
    self.crop = crop
  }

  /// The size of a picture of `height × width` pixels after resizing: the long side is truncated to
  /// whole pixels.
  package func resizedSize(height: Int, width: Int) -> (height: Int, width: Int) {
    guard let resize else { return (height, width) }
    return width < height
      ? (max(resize * height / width, resize), resize)
      : (resize, max(resize * width / height, resize))
  }

  /// The size of a picture of `height × width` pixels after all; nil if it is smaller than the crop.
  package func preparedSize(height: Int, width: Int) -> (height: Int, width: Int)? {
    let resized = resizedSize(height: height, width: width)
    guard let crop else { return resized }
    return min(resized.height, resized.width) < crop ? nil : (crop, crop)
  }

  /// The prepared picture; nil if it is smaller than the crop after resizing.
  package func callAsFunction(_ image: Image) -> Image? {
    let resized = resizedSize(height: image.height, width: image.width)
    guard let size = preparedSize(height: image.height, width: image.width) else { return nil }
    let rows = Self.center(size.height, of: resized.height)
    let columns = Self.center(size.width, of: resized.width)
    guard resized != (image.height, image.width) else {
      return image.cropped(rows: rows, columns: columns)
    }
    return image.resampled(
      rows: filters.filter(from: image.height, to: resized.height, outputs: rows),
      columns: filters.filter(from: image.width, to: resized.width, outputs: columns))
  }

  /// The middle `count` of `length` pixels; a half is rounded to the even number, as in Python.
  private static func center(_ count: Int, of length: Int) -> Range<Int> {
    let start = Int((Double(length - count) / 2).rounded(.toNearestOrEven))
    return start..<start + count
  }
}

extension Image {
  /// The pixels of these rows and columns, which must be in the image.
  package func cropped(rows: Range<Int>, columns: Range<Int>) -> Image {
    guard rows.count < height || columns.count < width else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * columns.count * 3)
    for row in rows {
      let start = (row * width + columns.lowerBound) * 3
      result += pixels[start..<start + columns.count * 3]
    }
    return Image(height: rows.count, width: columns.count, pixels: result)
  }
}

/// The filters of the picture sizes seen last, which are often the same.
private final class Filters: Sendable {
  private struct Key: Hashable {
    let length: Int
    let newLength: Int
    let outputs: Range<Int>
  }

  private static let limit = 64
  private let known = Mutex<[Key: TriangleFilter]>([:])

  /// The filter of these lengths and outputs, made if it is not known.
  func filter(from length: Int, to newLength: Int, outputs: Range<Int>) -> TriangleFilter {
    let key = Key(length: length, newLength: newLength, outputs: outputs)
    if let filter = known.withLock({ $0[key] }) { return filter }
    let filter = TriangleFilter(from: length, to: newLength, outputs: outputs)
    known.withLock { known in
      if known.count >= Self.limit { known.removeAll() }
      known[key] = filter
    }
    return filter
  }
}

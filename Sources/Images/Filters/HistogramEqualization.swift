extension Raster {
  /// Whole numbers from 0 to 255 spread so that each is the share of numbers up to it, not counting
  /// the lowest; as OpenCV's `equalizeHist`.
  package var equalized: Raster {
    var histogram = [Int](repeating: 0, count: 256)
    for value in values { histogram[Int(value)] += 1 }
    guard let lowest = histogram.firstIndex(where: { $0 > 0 }),
      histogram[lowest] < values.count
    else { return self }
    let scale = 255 / Float(values.count - histogram[lowest])
    var count = 0
    var table = [Double](repeating: 0, count: 256)
    for level in lowest + 1..<256 {
      count += histogram[level]
      table[level] = min(Double((scale * Float(count)).rounded(.toNearestOrEven)), 255)
    }
    var result = self
    for index in values.indices { result.values[index] = table[Int(values[index])] }
    return result
  }
}

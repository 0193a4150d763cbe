extension Raster {
  /// The distance of each place to the nearest of `targets`, a `height` × `width` grid.
  ///
  /// Distances are measured along straight, diagonal and knight's steps (Borgefors 1986, "Distance
  /// transformations in digital images", 5×5) in units of 2⁻¹⁶ as OpenCV does; without targets they
  /// are at least 8191.
  package init(distancesTo targets: [Bool], height: Int, width: Int) {
    var chamfer = Chamfer(targets, height: height, width: width)
    for row in 0..<height {
      for column in 0..<width { chamfer.shorten(row, column, direction: -1) }
    }
    for row in (0..<height).reversed() {
      for column in (0..<width).reversed() { chamfer.shorten(row, column, direction: 1) }
    }
    let values = targets.indices.map {
      Double(chamfer.distances[chamfer.place($0 / width, $0 % width)]) * 0x1p-16
    }
    self.init(height: height, width: width, channels: 1, values: values)
  }
}

/// Distances inside a frame of two places that are far from everything.
private struct Chamfer {
  let stride: Int
  var distances: [Int]

  private static let steps: [(row: Int, column: Int, length: Int)] = [
    (2, -1, 143_976), (2, 1, 143_976), (1, -2, 143_976), (1, 2, 143_976),
    (1, -1, 91_750), (1, 1, 91_750), (1, 0, 65_536), (0, 1, 65_536),
  ]

  init(_ targets: [Bool], height: Int, width: Int) {
    stride = width + 4
    distances = [Int](repeating: 536_870_911, count: (height + 4) * stride)
    for index in targets.indices where targets[index] {
      distances[place(index / width, index % width)] = 0
    }
  }

  func place(_ row: Int, _ column: Int) -> Int {
    (row + 2) * stride + column + 2
  }

  /// Goes by way of a neighbor where that is shorter; only those before (-1) or after (1) it.
  mutating func shorten(_ row: Int, _ column: Int, direction: Int) {
    let here = place(row, column)
    for step in Self.steps {
      let neighbor = here + direction * (step.row * stride + step.column)
      distances[here] = min(distances[here], distances[neighbor] + step.length)
    }
  }
}

extension Raster {
  /// The edges in a grid of one channel of integers from 0 to 255.
  ///
  /// Canny 1986, "A computational approach to edge detection", as in OpenCV: 3×3 Sobel gradients with the
  /// border repeated, whose magnitude is the sum of absolute values. Edges are ridges of the magnitude
  /// above `low` that are connected to a pixel above `high`.
  package func cannyEdges(low: Int, high: Int) -> [Bool] {
    let gradients = Gradients(self)
    let ridge = (0..<height * width).map {
      gradients.magnitude($0 / width, $0 % width) > low && gradients.isRidge($0 / width, $0 % width)
    }
    var edges = [Bool](repeating: false, count: ridge.count)
    var pending = ridge.indices.filter {
      ridge[$0] && gradients.magnitude($0 / width, $0 % width) > high
    }
    for index in pending { edges[index] = true }
    while let index = pending.popLast() {
      for row in max(index / width - 1, 0)...min(index / width + 1, height - 1) {
        for column in max(index % width - 1, 0)...min(index % width + 1, width - 1) {
          let neighbor = row * width + column
          guard ridge[neighbor] && !edges[neighbor] else { continue }
          edges[neighbor] = true
          pending.append(neighbor)
        }
      }
    }
    return edges
  }
}

private struct Gradients {
  let height: Int
  let width: Int
  let x: [Int]
  let y: [Int]

  init(_ raster: Raster) {
    height = raster.height
    width = raster.width
    let sobel = Kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    let transposed = Kernel([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    x = sobel.correlated(with: raster, border: .nearest).values.map { Int($0) }
    y = transposed.correlated(with: raster, border: .nearest).values.map { Int($0) }
  }

  /// The magnitude of the gradient, 0 outside the grid.
  func magnitude(_ row: Int, _ column: Int) -> Int {
    guard 0..<height ~= row && 0..<width ~= column else { return 0 }
    return abs(x[row * width + column]) + abs(y[row * width + column])
  }

  /// Whether the magnitude is a maximum among the neighbors across the edge.
  func isRidge(_ row: Int, _ column: Int) -> Bool {
    let (dx, dy) = (x[row * width + column], y[row * width + column])
    let here = magnitude(row, column)
    // Slopes of tan 22.5° and tan 67.5° in units of 2⁻¹⁵.
    let slope = abs(dy) << 15
    let gentle = 13573 * abs(dx)
    if slope < gentle {
      return here > magnitude(row, column - 1) && here >= magnitude(row, column + 1)
    }
    if slope > gentle + abs(dx) << 16 {
      return here > magnitude(row - 1, column) && here >= magnitude(row + 1, column)
    }
    let side = dx ^ dy < 0 ? -1 : 1
    return here > magnitude(row - 1, column - side) && here > magnitude(row + 1, column + side)
  }
}

extension Raster {
  /// Creates a `height` × `width` grid of the distances of each pixel to the nearest target.
  ///
  /// Distances are lengths of paths of straight, diagonal and knight's steps (Borgefors 1986, "Distance
  /// transformations in digital images", 5×5) in units of 2⁻¹⁶, as in OpenCV; without targets they are
  /// at least 8191.
  package init(distancesTo targets: [Bool], height: Int, width: Int) {
    var chamfer = Chamfer(targets, height: height, width: width)
    for row in 0..<height {
      for column in 0..<width { chamfer.shorten(row, column, direction: -1) }
    }
    for row in (0..<height).reversed() {
      for column in (0..<width).reversed() { chamfer.shorten(row, column, direction: 1) }
    }
    let values = targets.indices.map {
      Double(chamfer.distances[chamfer.index($0 / width, $0 % width)]) * 0x1p-16
    }
    self.init(height: height, width: width, channels: 1, values: values)
  }
}

/// Distances inside a frame two pixels wide, whose distances are large.
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
      distances[self.index(index / width, index % width)] = 0
    }
  }

  func index(_ row: Int, _ column: Int) -> Int {
    (row + 2) * stride + column + 2
  }

  /// Shortens a distance by way of the neighbors before it (`direction` −1) or after it (1).
  mutating func shorten(_ row: Int, _ column: Int, direction: Int) {
    let here = index(row, column)
    for step in Self.steps {
      let neighbor = here + direction * (step.row * stride + step.column)
      distances[here] = min(distances[here], distances[neighbor] + step.length)
    }
  }
}

extension Raster {
  /// The edges of a grid of one channel of whole numbers from 0 to 255.
  ///
  /// Canny 1986, "A computational approach to edge detection", as OpenCV has it: 3×3 Sobel
  /// gradients with the border repeated, whose size is the sum of their magnitudes. An edge is a
  /// ridge of the size above `low` that touches, along the ridge, one above `high`.
  package func cannyEdges(low: Int, high: Int) -> [Bool] {
    let gradients = Gradients(self)
    let ridge = (0..<height * width).map {
      gradients.size($0 / width, $0 % width) > low && gradients.isRidge($0 / width, $0 % width)
    }
    var edges = [Bool](repeating: false, count: ridge.count)
    var open = ridge.indices.filter { ridge[$0] && gradients.size($0 / width, $0 % width) > high }
    for place in open { edges[place] = true }
    while let place = open.popLast() {
      for row in max(place / width - 1, 0)...min(place / width + 1, height - 1) {
        for column in max(place % width - 1, 0)...min(place % width + 1, width - 1) {
          let neighbor = row * width + column
          guard ridge[neighbor] && !edges[neighbor] else { continue }
          edges[neighbor] = true
          open.append(neighbor)
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

  /// The size of the gradient, 0 outside.
  func size(_ row: Int, _ column: Int) -> Int {
    guard 0..<height ~= row && 0..<width ~= column else { return 0 }
    return abs(x[row * width + column]) + abs(y[row * width + column])
  }

  /// Whether the size is no smaller than at the two neighbors across the edge.
  func isRidge(_ row: Int, _ column: Int) -> Bool {
    let (dx, dy) = (x[row * width + column], y[row * width + column])
    let here = size(row, column)
    // Slopes of tan 22.5° and tan 67.5° in units of 2⁻¹⁵.
    let slope = abs(dy) << 15
    let gentle = 13573 * abs(dx)
    if slope < gentle {
      return here > size(row, column - 1) && here >= size(row, column + 1)
    }
    if slope > gentle + abs(dx) << 16 {
      return here > size(row - 1, column) && here >= size(row + 1, column)
    }
    let side = dx ^ dy < 0 ? -1 : 1
    return here > size(row - 1, column - side) && here > size(row + 1, column + side)
  }
}

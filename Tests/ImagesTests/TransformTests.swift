import Images
import TestSupport
import Testing

/// Warps, distances, edges and histograms where the answer is known.
struct TransformTests {
  @Test func `a warp by nothing and by whole pixels`() {
    let grid = Raster(side: 6, values: (0..<36).map { Double($0 * $0 % 37) })
    let still = AffineMap(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0)
    #expect(grid.warped(by: still) == grid)
    let moved = grid.warped(by: AffineMap(xx: 1, xy: 0, x0: 2, yx: 0, yy: 1, y0: 1))
    #expect(moved[1, 2] == grid[0, 0])
    #expect(moved[5, 5] == grid[4, 3])
    // Beyond the border row −1 is row 1 and column −1 is column 1.
    #expect(moved[0, 1] == grid[1, 1])
  }

  @Test func `the inverse of a map leads back`() {
    let map = AffineMap(xx: 0.9, xy: -0.2, x0: 3, yx: 0.1, yy: 1.2, y0: -1)
    let (x, y) = (5.0, 7.0)
    let (u, v) = (map.xx * x + map.xy * y + map.x0, map.yx * x + map.yy * y + map.y0)
    let back = map.inverse
    // A few operations on numbers below 16, each rounded once.
    expectClose(
      [back.xx * u + back.xy * v + back.x0, back.yx * u + back.yy * v + back.y0], [x, y],
      absolute: 16 * 16 * 0x1p-53)
  }

  @Test func `sampling between pixels and beyond the border`() {
    let grid = Raster(height: 1, width: 4, channels: 1, values: [10, 20, 40, 80])
    func sample(_ column: Double) -> Double {
      let still = Raster(height: 1, width: 4, channels: 1, values: [0, 0, 0, 0])
      let moves = Raster(height: 1, width: 4, channels: 1, values: [column, 0, 0, 0])
      return grid.sampled(movingRows: still, columns: moves)[0, 0]
    }
    #expect(sample(1) == 20)
    #expect(sample(1.25) == 25)
    #expect(sample(2.5) == 60)
    // Positions −1, −2 and −5 fold to 0, 1 and 3; 4 and 5 to 3 and 2.
    #expect([-1, -2, -5, 4, 5, 8, -9].map(sample) == [10, 20, 80, 80, 40, 10, 10])
    // Within a pixel of the border the old SciPy mirrors about the border pixel.
    #expect(sample(-0.25) == 0.25 * 10 + 0.75 * 20)
  }

  @Test func `distances along straight, diagonal and knight's steps`() {
    var targets = [Bool](repeating: false, count: 49)
    targets[24] = true
    let distances = Raster(distancesTo: targets, height: 7, width: 7)
    #expect(distances[3, 3] == 0)
    #expect([distances[3, 6], distances[0, 3]] == [3, 3])
    #expect(distances[4, 4] == 91750 * 0x1p-16)
    #expect(distances[2, 5] == 143_976 * 0x1p-16)
    #expect(distances[0, 0] == 3 * 91750 * 0x1p-16)
    let nowhere = Raster(distancesTo: [false], height: 1, width: 1)
    #expect(nowhere[0, 0] > 8000)
  }

  @Test func `edges of a step and none of a flat grid`() {
    let step = Raster(side: 8, values: (0..<64).map { $0 % 8 < 4 ? 0 : 200 })
    let edges = step.cannyEdges(low: 50, high: 150)
    // Both columns next to the step have the same gradient: the first one wins.
    #expect(edges == (0..<64).map { $0 % 8 == 3 })
    let weak = Raster(side: 8, values: (0..<64).map { $0 % 8 < 4 ? 0 : 20 })
    #expect(weak.cannyEdges(low: 50, high: 150).allSatisfy { !$0 })
    #expect(weak.cannyEdges(low: 50, high: 79).contains(true))
  }

  @Test func `equalization spreads levels by their share`() {
    let grid = Raster(side: 2, values: [7, 7, 9, 100])
    #expect(grid.equalized.values == [0, 0, 128, 255])
    let flat = Raster(side: 2, values: [7, 7, 7, 7])
    #expect(flat.equalized == flat)
  }
}

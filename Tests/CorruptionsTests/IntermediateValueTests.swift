import Corruptions
import Foundation
import Images
import TestSupport
import Testing

/// Intermediate values of the published functions, with the test generator.
struct IntermediateValueTests {
  static func row<Row: Distortion>(_ type: Row.Type, _ parameters: String) throws -> Row {
    try JSONDecoder().decode(type, from: Data(parameters.utf8))
  }

  @Test func `the test generator`() {
    var random = TestGenerator()
    let first = (0..<3).map { _ in random.nextUniform() }
    #expect(first == [0.02040266990661621, 0.016547799110412598, 0.5431557893753052])
    var poisson = TestGenerator()
    #expect([0, 5, 100, 250].map { poisson.nextPoisson(rate: $0) } == [0, 1, 101, 255])
    var angle = TestGenerator()
    #expect(angle.uniform(-45, 45) == -43.16375970840454)
    var frost = TestGenerator()
    #expect([0..<5, 0..<38, 0..<73].map { frost.integer(in: $0) } == [0, 0, 39])
    var glass = TestGenerator()
    #expect((0..<8).map { _ in glass.integer(in: -1..<1) } == [-1, -1, 0, 0, 0, -1, -1, 0])
  }

  @Test func `clouds`() {
    var random = TestGenerator()
    let smooth = Plasma.cloud(side: 32, decay: 3, random: &random)
    // Values and sums are given to ten digits.
    let values = [smooth[0, 0], smooth[16, 16], smooth[5, 7], smooth[31, 31]]
    let expected = [1, 0.33688661475, 0.56956109978, 0.85826568491]
    expectClose(values, expected, absolute: 1e-11)
    expectClose(smooth.values.reduce(0, +), 536.90635241, absolute: 1e-8)
    random = TestGenerator()
    let rough = Plasma.cloud(side: 64, decay: 2, random: &random)
    expectClose([rough[5, 7], rough[63, 63]], [0.72205632794, 0.90532283816], absolute: 1e-11)
    expectClose(rough.values.reduce(0, +), 2198.85067635, absolute: 1e-8)
  }

  @Test func `elastic transform`() throws {
    let elastic = try Self.row(
      ElasticTransform.self, #"{"displacement": 0.08, "sigma": 0.06, "jitter": 0.06}"#)
    var random = TestGenerator()
    let map = elastic.map(height: 32, width: 32, random: &random)
    let corners: [(x: Double, y: Double)] = [(26, 26), (26, 6), (6, 6)]
    let points: [Double] = corners.flatMap { corner in
      let x: Double = map.xx * corner.x + map.xy * corner.y + map.x0
      let y: Double = map.yx * corner.x + map.yy * corner.y + map.y0
      return [x, y]
    }
    // Given to six decimals.
    expectClose(
      points, [24.158346, 24.143543, 26.165718, 6.518032, 7.574513, 4.511853], absolute: 0.5e-6)
    expectClose(
      [map.xx, map.xy, map.x0], [0.92956023216, -0.10036859512, 2.59936361313], absolute: 1e-11)
    expectClose(
      [map.yx, map.yy, map.y0], [0.10030894279, 0.88127558231, -1.37765440941], absolute: 1e-11)
    let columns = elastic.field(height: 32, width: 32, random: &random)
    let rows = elastic.field(height: 32, width: 32, random: &random)
    expectClose(
      [columns[0, 0], columns[10, 20], rows[0, 0], rows[10, 20]],
      [0.06231762, 0.20449325, 0.16507274, 0.32975352], absolute: 0.5e-8)
  }

  @Test func `spatter of water`() throws {
    let spatter = try Self.row(
      Spatter.self,
      #"""
      {"kind": "water", "mean": 0.62, "deviation": 0.1, "sigma": 0.7, "threshold": 0.7,
       "strength": 0.5}
      """#)
    var random = TestGenerator()
    let drops = spatter.drops(height: 32, width: 32, random: &random)
    #expect(drops.values.count { $0 > 0 } == 29)
    var levels = drops
    levels.transform { ($0 * 255).rounded(.down) }
    #expect(levels.values.reduce(0, +) == 5277)
    let edges = levels.cannyEdges(low: 50, high: 150)
    #expect(edges.count { $0 } == 97)
    let distances = Raster(distancesTo: edges, height: 32, width: 32).values
    // Given to four decimals; summed in single precision.
    expectClose(distances.reduce(0, +), 3285.9008, absolute: 1e-3)
    expectClose(distances.max() ?? 0, 9.5907, absolute: 0.5e-4)
    #expect(Spatter.waterOpacity(drops).max() == 33998)
  }

  @Test func `snow`() throws {
    let snow = try Self.row(
      Snow.self,
      #"""
      {"mean": 0.15, "deviation": 0.3, "zoom": 1.75, "threshold": 0.55, "blur_radius": 10,
       "blur_sigma": 4, "keep": 0.9}
      """#)
    var random = TestGenerator()
    let noise = Raster(side: 32, values: (0..<1024).map { _ in 0.15 + 0.3 * random.nextNormal() })
    // Given to six decimals.
    expectClose(noise.values.reduce(0, +), 151.214435, absolute: 0.5e-6)
    let zoomed = ClippedZoom(height: 32, width: 32, factor: 1.75)(noise)
    expectClose(zoomed.values.reduce(0, +), 145.030855, absolute: 0.5e-6)
    #expect(random.uniform(-135, -45) == -47.51168489456177)
    var again = TestGenerator()
    #expect(snow.flakes(height: 32, width: 32, random: &again).values.reduce(0, +) == 2521)
  }
}

import TestSupport
import Testing

struct ParityFixtureTests {
  /// The published test vectors of FNV-1a, 64 bits.
  @Test(
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ] as [(String, UInt64)])
  func `names hash as published`(name: String, expected: UInt64) {
    #expect(SeededTensor.hash(name) == expected)
  }

  /// The known answers for the seed 1234567 that Rosetta Code lists.
  @Test func `the generator gives the published numbers`() {
    var words = SeededGenerator(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
    ]
    #expect((0..<3).map { _ in words.next() } == expected)
  }

  @Test(arguments: ParityFixture.names)
  func `seeded tensors have the bits that PyTorch was given`(name: String) throws {
    let fixture = try ParityFixture(named: name)
    for record in fixture.state {
      #expect(
        SeededTensor.checksum(fixture.stateTensor(record)) == record.checksum, "\(record.name)")
    }
    var made = [
      "inference images": fixture.inferencePixels(), "targets": fixture.targets(),
    ]
    made["masks"] = fixture.masks()
    for member in 0..<fixture.network.members {
      made["training images \(member)"] = fixture.trainingPixels(member: member)
    }
    #expect(made.count == fixture.inputs.count)
    for record in fixture.inputs {
      let values = try #require(made[record.name])
      #expect(values.count == record.shape.reduce(1, *), "\(record.name)")
      #expect(SeededTensor.checksum(values) == record.checksum, "\(record.name)")
    }
  }

  @Test(arguments: ParityFixture.names)
  func `sketches are those of the recording program`(name: String) throws {
    let fixture = try ParityFixture(named: name)
    #expect(fixture.examples.count == 2)
    for example in fixture.examples {
      let record = try #require(fixture.state.first { $0.name == example.name })
      let sketch = TensorSketch(name: record.name, values: fixture.stateTensor(record))
      let difference = sketch.difference(from: example.sketch)
      // Recorded to nine digits: half a unit of the ninth, and a sum's Double rounding below it.
      let rounding = 5e-9
      #expect(difference.largest <= rounding * sketch.largest, "\(record.name)")
      #expect(difference.norm <= rounding * sketch.norm, "\(record.name)")
      let projection = sketch.projections.map(\.magnitude).max() ?? 0
      #expect(difference.projection <= rounding * projection, "\(record.name)")
      #expect(abs(sketch.largest - example.sketch.largest) <= rounding * sketch.largest)
    }
  }

  @Test func `a sketch tells a changed element, a changed sign and a missing number`() {
    let values = SeededTensor.state(seed: 1, name: "x", shape: [8, 3, 3, 3])
    let sketch = TensorSketch(name: "x", values: values)
    var changed = values
    changed[100] += 1
    let projection = TensorSketch(name: "x", values: changed).difference(from: sketch).projection
    #expect(abs(projection - 1) < 1e-6)  // one unit under any sign, less Float's rounding
    let negated = TensorSketch(name: "x", values: values.map(-))
    #expect(negated.difference(from: sketch).largest > sketch.largest)
    changed[100] = .nan
    let broken = TensorSketch(name: "x", values: changed).difference(from: sketch)
    #expect(broken.projection == .infinity && broken.norm.isNaN)
  }
}

import Foundation
import Reports
import TestSupport
import Testing

@Suite struct FigureTests {
  @Test func `the color scale rises in lightness, so that it survives gray printing`() {
    let luminances = (0...100).map { Palette.scale(Double($0) / 100).luminance }
    #expect(zip(luminances, luminances.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Palette.scale(-1) == Palette.scale(0) && Palette.scale(2) == Palette.scale(1))
    #expect(Palette.scale(.nan) == Palette.scale(0.5))
  }

  @Test func `text on colors can be read`() {
    let colors =
      (0...100).map { Palette.scale(Double($0) / 100) }
      + [Palette.win, Palette.loss, Palette.undecided]
    for color in colors {
      let (one, other) = (color.luminance, color.text.luminance)
      // WCAG 2.2, 1.4.3: 4.5 to 1 for text.
      #expect((max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5, "\(color.hex)")
    }
  }

  @Test(arguments: [
    ([0.0, 1.0], 0.0...1.0), ([0.31, 0.94], 0.2...1.0), ([0.0, 20.0], 0.0...20.0),
    ([-0.003, 0.0011], -0.003...0.002), ([5.0, 5.0], 5.0...6.0), ([0.0], 0.0...0.2),
  ])
  func `an axis encloses its values between tics`(values: [Double], range: ClosedRange<Double>) {
    let axis = Panel.Axis(label: "", around: values)
    // Multiples of a step are rounded.
    expectClose(axis.range?.lowerBound ?? .nan, range.lowerBound, absolute: 1e-12)
    expectClose(axis.range?.upperBound ?? .nan, range.upperBound, absolute: 1e-12)
  }

  @Test(
    arguments: [
      [-1e308, 1e308], [-1.7e308, 5e306], [0, .leastNonzeroMagnitude], [1e300, 1e300.nextUp],
      [.nan, 1],
      [.infinity],
    ] as [[Double]])
  func `an axis that cannot be divided has no range`(values: [Double]) {
    #expect(Panel.Axis(label: "", around: values).range == nil)
  }

  @Test func `what gnuplot says is the error`() async throws {
    let folder = try TemporaryFolder()
    let gnuplot = try await Gnuplot.program()
    await #expect {
      try await gnuplot.draw("set output 'x'\nplot nothing\n", in: folder.url)
    } throws: {
      "\($0)".hasPrefix("gnuplot: ") && "\($0)".contains("undefined variable: nothing")
    }
    #expect(try await GnuplotProgram(path: "/nowhere/gnuplot") == nil)
  }
}

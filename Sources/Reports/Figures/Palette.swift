import Foundation

/// Colors that stay distinct for color-blind readers and in gray prints.
package enum Palette {
  /// A color in sRGB.
  package struct Color: Sendable, Equatable {
    let (red, green, blue): (UInt8, UInt8, UInt8)

    package var hex: String {
      "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The color as gnuplot's `rgb variable` reads it, 0xRRGGBB.
    var number: Int { Int(red) << 16 | Int(green) << 8 | Int(blue) }

    /// Relative luminance in 0...1 (WCAG 2.2).
    package var luminance: Double {
      func linear(_ component: UInt8) -> Double {
        let share = Double(component) / 255
        return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Black or white, whichever is easier to read on this color.
    package var text: Color {
      luminance > 0.179 ? Color(0) : Color(0xFF_FF_FF)
    }

    init(_ number: Int) {
      red = UInt8(truncatingIfNeeded: number >> 16)
      green = UInt8(truncatingIfNeeded: number >> 8)
      blue = UInt8(truncatingIfNeeded: number)
    }
  }

  /// The colors of lines and points, which also differ in dash and shape (Okabe and Ito 2008).
  static let series = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9].map(Color.init)

  /// The colors of a win, a loss and an undecided difference: dark, middle and light.
  package static let (win, loss, undecided) = (
    Color(0x08_45_94), Color(0xFD_AE_6B), Color(0xE4_E6_E9)
  )

  /// The color at `share`, in 0...1, of a scale whose lightness rises evenly (viridis).
  ///
  /// Values outside have the color of the nearer end, and NaN that of the middle.
  package static func scale(_ share: Double) -> Color {
    let share = share.isNaN ? 0.5 : share
    let position = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(position), stops.count - 2)
    func mixed(_ component: KeyPath<Color, UInt8>) -> Int {
      let (low, high) = (
        Double(stops[index][keyPath: component]), Double(stops[index + 1][keyPath: component])
      )
      return Int((low + (high - low) * (position - Double(index))).rounded())
    }
    return Color(mixed(\.red) << 16 | mixed(\.green) << 8 | mixed(\.blue))
  }

  private static let stops = [
    0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6ECE58, 0xB5DE2B,
    0xFDE725,
  ].map(Color.init)
}

import Foundation

/// The discrete Fourier transform of real sequences, as long as a power of two (Cooley and Tukey
/// 1965).
struct FourierTransform {
  private let length: Int
  /// e^(−2πij/length).
  private let roots: [(real: Double, imaginary: Double)]  // [length / 2]
  /// Each index with its bits in reverse order.
  private let places: [Int]  // [length]

  /// The transform of `length` values, a power of two and at least 2.
  init(length: Int) {
    self.length = length
    roots = (0..<length / 2).map {
      let angle = 2 * Double.pi * Double($0) / Double(length)
      return (cos(angle), -sin(angle))
    }
    var places = [0]
    while places.count < length { places = places.map { 2 * $0 } + places.map { 2 * $0 + 1 } }
    self.places = places
  }

  /// Σ_j x_j e^(−2πijk/length) for each k.
  func callAsFunction(_ values: [Double]) -> (real: [Double], imaginary: [Double]) {
    var real = places.map { values[$0] }
    var imaginary = [Double](repeating: 0, count: length)
    real.withUnsafeMutableBufferPointer { real in
      imaginary.withUnsafeMutableBufferPointer { imaginary in
        var half = 1
        while half < length {
          combine(real, imaginary, half: half)
          half *= 2
        }
      }
    }
    return (real, imaginary)
  }

  /// Makes transforms of 2·`half` values each out of two of `half`.
  private func combine(
    _ real: UnsafeMutableBufferPointer<Double>, _ imaginary: UnsafeMutableBufferPointer<Double>,
    half: Int
  ) {
    let step = length / (2 * half)
    for first in stride(from: 0, to: length, by: 2 * half) {
      for j in 0..<half {
        let (low, high, root) = (first + j, first + j + half, roots[j * step])
        let x = real[high] * root.real - imaginary[high] * root.imaginary
        let y = real[high] * root.imaginary + imaginary[high] * root.real
        (real[low], real[high]) = (real[low] + x, real[low] - x)
        (imaginary[low], imaginary[high]) = (imaginary[low] + y, imaginary[low] - y)
      }
    }
  }
}

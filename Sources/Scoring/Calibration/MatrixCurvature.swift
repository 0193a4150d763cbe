// K classes, R rows of a panel.

internal import Tensors

/// The second derivatives of the loss of `MatrixObjective` in all parameters, for small problems.
///
/// Of a distribution with probabilities p and inputs x, those of the numbers of classes c and d are
/// p_c (δ_cd − p_d) x xᵀ. Of averaged distributions each counts with its weight, and the terms that could
/// make the sum indefinite are left out.
struct MatrixCurvature {
  /// K² + K, the number of parameters.
  private let size: Int
  private(set) var sums: [Double]  // [K (K + 1), K (K + 1)]
  private var products: [Double] = []  // [R, K (K + 1)]
  private var weighted: [Double] = []  // [R, K + 1]

  init(classCount: Int) {
    size = classCount * (classCount + 1)
    sums = [Double](repeating: 0, count: size * size)
  }

  /// Adds `count` distributions with these weights, probabilities [R, K] and inputs [R, K + 1].
  mutating func add(
    count: Int, weights: [Double], probabilities: UnsafePointer<Double>,
    inputs: UnsafePointer<Double>, classCount: Int
  ) {
    let width = classCount + 1
    for c in 0..<classCount {
      // Products of weights: Σ w p_c x xᵀ, on the diagonal.
      weighted = [Double](unsafeUninitializedCapacity: count * width) { buffer, initialized in
        for row in 0..<count {
          let factor = weights[row] * probabilities[row * classCount + c]
          for i in 0..<width { buffer[row * width + i] = factor * inputs[row * width + i] }
        }
        initialized = count * width
      }
      let first = c * width * (size + 1)
      sums.withUnsafeMutableBufferPointer { sums in
        weighted.withUnsafeBufferPointer { weighted in
          guard let sums = sums.baseAddress, let weighted = weighted.baseAddress else { return }
          MatrixProduct.multiply(
            MatrixView(weighted, rowStride: width, isTransposed: true),
            MatrixView(inputs, rowStride: width), into: sums + first, rowStride: size, rows: width,
            columns: width, depth: count, accumulating: true)
        }
      }
    }
    subtractOuterProducts(count, weights, probabilities, inputs, classCount)
  }

  /// Subtracts Σ w v vᵀ with v the products of all probabilities and inputs.
  private mutating func subtractOuterProducts(
    _ count: Int, _ weights: [Double], _ probabilities: UnsafePointer<Double>,
    _ inputs: UnsafePointer<Double>, _ classCount: Int
  ) {
    let (width, size) = (classCount + 1, size)
    products = [Double](unsafeUninitializedCapacity: 2 * count * size) { buffer, initialized in
      for row in 0..<count {
        for c in 0..<classCount {
          let probability = probabilities[row * classCount + c]
          for i in 0..<width {
            let product = probability * inputs[row * width + i]
            buffer[row * size + c * width + i] = product
            buffer[(count + row) * size + c * width + i] = -weights[row] * product
          }
        }
      }
      initialized = 2 * count * size
    }
    sums.withUnsafeMutableBufferPointer { sums in
      products.withUnsafeBufferPointer { products in
        guard let sums = sums.baseAddress, let products = products.baseAddress else { return }
        MatrixProduct.multiply(
          MatrixView(products + count * size, rowStride: size, isTransposed: true),
          MatrixView(products, rowStride: size), into: sums, rowStride: size, rows: size,
          columns: size, depth: count, accumulating: true)
      }
    }
  }
}

import CKernels
import Foundation

/// The inner loops of networks for one instruction set.
package struct Kernels: @unchecked Sendable, CustomStringConvertible {
  /// The environment variable that chooses a level by name.
  package static let variable = "MIXMO_KERNELS"

  /// The levels that this machine can run, the fastest last.
  package static let available = [
    kernelsBaseline(), kernelsAVX2(), kernelsAVX512(), kernelsAMX(),
  ].compactMap { $0.map { Kernels($0.pointee) } }

  /// The level `amx` with its instructions computed by others, for tests; nil without AVX2.
  package static let emulated = kernelsEmulatedAMX().map { Kernels($0.pointee) }

  /// The plainest code, which the others are tested against.
  package static let reference = Kernels(kernelsReference().pointee)

  /// What `MIXMO_KERNELS` may name on this machine.
  package static var choices: [Kernels] { available + (emulated.map { [$0] } ?? []) }

  /// The level that `MIXMO_KERNELS` names if this machine can run it, else the fastest.
  package static let preferred =
    choices.first { $0.name == ProcessInfo.processInfo.environment[variable] }
    ?? available[available.count - 1]

  /// `baseline`, `avx2`, `avx512`, `amx`, `amx-emulated` or `reference`.
  package let name: String
  /// The kernels, in float32; `CKernels.h` says what each does.
  package let table: KernelTable
  /// Products of matrices at `precision`.
  package private(set) var products: ProductTable
  /// The precision that products have.
  package private(set) var precision = Precision.highest
  /// The products of the level at each precision that it has a faster way for than float32.
  private let faster: [Precision: ProductTable]
  /// The instruction that multiplies tiles, or its emulation; nil where there is none.
  package let multiplyTile:
    (
      @convention(c) (
        UnsafePointer<UInt16>?, UnsafePointer<UInt16>?, UnsafeMutablePointer<Float>?
      ) -> Void
    )?
  /// The kernels of probabilities at the same level.
  package let probabilities: ProbabilityKernels

  private init(_ level: KernelLevel) {
    name = String(cString: level.name)
    probabilities = ProbabilityKernels(table: level.probabilities)
    var table = level.networks
    // The level `baseline` has no product of its own; OpenBLAS has one for every processor.
    if table.products.multiply == nil {
      table.products.multiply = { Self.multiplyByOpenBLAS($0) }
    }
    self.table = table
    products = table.products
    faster = [.high: level.high, .medium: level.medium].compactMapValues { $0?.pointee }
    multiplyTile = level.multiplyTile
  }

  package var description: String {
    precision == .highest ? name : "\(name), \(precision.rawValue)"
  }

  /// The kernels with products of a precision, or in float32 where the level has no faster way.
  package func computing(_ precision: Precision) -> Kernels {
    var kernels = self
    kernels.precision = faster[precision] == nil ? .highest : precision
    kernels.products = faster[precision] ?? table.products
    return kernels
  }
}

/// Products whose right factor is packed into panels of some columns, of which the last is filled up
/// with zeros.
extension Kernels {
  /// The columns of a panel of a matrix of `columns` columns.
  package func panelWidth(columns: Int) -> Int {
    products.panelWidth == 0 ? columns : products.panelWidth
  }

  /// Whether the bits of a product's row do not depend on the other rows, which OpenBLAS does not
  /// promise.
  package var rowsAreIndependent: Bool { products.panelWidth > 0 }

  /// `columns`, rounded up to whole panels.
  package func paddedColumns(_ columns: Int) -> Int {
    let width = panelWidth(columns: columns)
    return (columns + width - 1) / width * width
  }

  /// `depth`, rounded up to what panels and transformed rows have.
  package func paddedDepth(_ depth: Int) -> Int {
    (depth + products.panelDepth - 1) / products.panelDepth * products.panelDepth
  }

  /// `product = left · panels`, added to what is there if `accumulating`.
  ///
  /// `left` is `[rows, depth]` or, if `isTransposed`, stored as `[depth, rows]`, or, if
  /// `isTransformed`, rows that `products.transformInput` wrote. Whole panels are written.
  package func multiply(
    rows: Int, columns: Int, depth: Int, left: UnsafePointer<Float>, leftStride: Int,
    isTransposed: Bool = false, isTransformed: Bool = false, panels: UnsafePointer<Float>,
    product: UnsafeMutablePointer<Float>, productStride: Int, accumulating: Bool = false
  ) {
    var product = KernelProduct(
      rows: rows, columns: columns, depth: depth, left: left, leftStride: leftStride,
      isTransposed: isTransposed ? 1 : 0, isTransformed: isTransformed ? 1 : 0, right: panels,
      product: product,
      productStride: productStride, accumulates: accumulating ? 1 : 0)
    products.multiply(&product)
  }

  /// The product where one panel holds all columns.
  private static func multiplyByOpenBLAS(_ product: UnsafePointer<KernelProduct>?) {
    guard let product = product?.pointee else { return }
    MatrixProduct.multiply(
      MatrixView(
        product.left, rowStride: product.leftStride, isTransposed: product.isTransposed != 0),
      MatrixView(product.right, rowStride: product.columns), into: product.product,
      rowStride: product.productStride, rows: product.rows, columns: product.columns,
      depth: product.depth, accumulating: product.accumulates != 0)
  }

  /// Packs `right`, `[depth, columns]` with rows `rowStride` apart, into panels: in float32 each
  /// is `[depth, width]`.
  package func pack(
    _ right: UnsafePointer<Float>, rowStride: Int, depth: Int, columns: Int,
    into panels: UnsafeMutablePointer<Float>
  ) {
    if let pack = products.pack {
      var matrix = KernelMatrix(values: right, rowStride: rowStride, rows: depth, columns: columns)
      pack(&matrix, panels)
      return
    }
    let width = panelWidth(columns: columns)
    var panel = panels
    for first in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - first)
      for row in 0..<depth {
        panel.update(from: right + row * rowStride + first, count: count)
        (panel + count).update(repeating: 0, count: width - count)
        panel += width
      }
    }
  }
}

extension Kernels {
  /// Replaces the gradient of a batch normalization's output by
  /// `slope · gradient + tilt · input + offset`, plus `addend`.
  ///
  /// Matrices are `[rows, channels]`, coefficients are slope, tilt and offset, `[3, channels]`.
  package func normalizationGradient(
    _ gradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    addend: UnsafePointer<Float>?, coefficients: UnsafePointer<Float>, rows: Int, channels: Int
  ) {
    var normalization = KernelNormalization(
      gradient: gradient, input: input, addend: addend, coefficients: coefficients, rows: rows,
      channels: channels)
    table.normalizationGradient(&normalization)
  }
}

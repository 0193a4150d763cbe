import Foundation
import Images

/// CIFAR's files, or others of their form, held as they are.
package struct CIFARDataset: Dataset {
  package let name: String
  package let classCount: Int
  package let labels: [Int]
  package var imageSide: Int { CIFARForm.imageSide }

  private let files: [(firstIndex: Int, file: CIFARFile)]

  /// Reads the files of one part below the folder `data`, binary or of Python.
  ///
  /// - Throws: `DatasetError`, `FileError`, `PickleError` or `NumPyError` naming the file.
  package init(_ kind: DatasetKind, _ split: DatasetSplit, in data: URL) throws {
    let (form, urls) = try CIFARForm.find(split, of: kind, in: data)
    var labels: [Int] = []
    var files: [(firstIndex: Int, file: CIFARFile)] = []
    for url in urls {
      let file = try CIFARFile(url, form.encoding, classCount: kind.classCount)
      files.append((labels.count, file))
      labels += file.labels
    }
    self.files = files
    self.labels = labels
    name = kind.rawValue
    classCount = kind.classCount
  }

  package func image(at index: Int) -> Image {
    let (firstIndex, file) = files.last { $0.firstIndex <= index } ?? files[0]
    return file.image(at: index - firstIndex)
  }
}

import Formats
import Foundation

/// The classes of ImageNet's validation pictures as ILSVRC2012 and Kaggle publish them.
///
/// The development kit's `ILSVRC2012_validation_ground_truth.txt` has an id from 1 to 1000 on each line, in
/// an order of classes of its own: line 1 is of `ILSVRC2012_val_00000001`. Kaggle's `LOC_val_solution.csv`
/// has the class of a picture and its boxes.
struct ImageNetGroundTruth {
  private let url: URL
  /// The index of each WordNet identifier among the outputs of the model.
  private let indices: [String: Int]

  /// The ground truth in the file `url` for a model with these outputs.
  init(_ url: URL, indices: [String: Int]) {
    (self.url, self.indices) = (url, indices)
  }

  /// Whether the file has the name of the development kit's list.
  static func isNamed(_ url: URL) -> Bool {
    url.lastPathComponent.lowercased().contains("validation_ground_truth")
  }

  /// The classes of the pictures `names` where line i has the id of picture i.
  ///
  /// - Parameters:
  ///   - ids: The text of each line that is not empty, with its number.
  ///   - names: The names of the pictures, which end in their numbers.
  /// - Returns: The class of each picture among the outputs of the model.
  /// - Throws: `PictureError` naming the line or the picture, and where the outputs of the model have no
  ///   order of ImageNet's classes.
  func labels(_ ids: [(line: Int, text: String)], of names: [String]) throws -> [Int] {
    let kit = ImageNetClasses.developmentKit
    guard kit.allSatisfy({ indices[$0] != nil }) else { throw error(.groundTruthWithoutOrder) }
    let classes = try ids.map { line, text in
      guard let id = Int(text), 1...kit.count ~= id, let index = indices[kit[id - 1]] else {
        throw error(.noGroundTruthID(line: line, text))
      }
      return index
    }
    return try names.map { name in
      guard let number = Self.number(of: name), classes.indices ~= number - 1 else {
        throw error(.notInGroundTruth(name, count: classes.count))
      }
      return classes[number - 1]
    }
  }

  /// The number in the name of a validation picture, such as 1 of `ILSVRC2012_val_00000001.JPEG`.
  static func number(of name: String) -> Int? {
    let stem = PictureListing.stem(name)
    guard stem.contains("val"), let mark = stem.lastIndex(of: "_") else { return nil }
    let digits = stem[stem.index(after: mark)...]
    guard digits.utf8.count == 8, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    return Int(digits)
  }

  /// The class in a field of Kaggle's list, where each box is the class and four numbers; nil for other
  /// text, and for boxes of several classes.
  static func classOfBoxes(_ text: String) -> String? {
    let words = text.split(separator: " ")
    guard words.count >= 5, words.count.isMultiple(of: 5) else { return nil }
    let areBoxes = words.indices.allSatisfy {
      $0.isMultiple(of: 5) ? words[$0] == words[0] : Int(words[$0]) != nil
    }
    return areBoxes ? String(words[0]) : nil
  }

  /// The classes of the first ten validation pictures, which tell whether a list has another order.
  private static let firstClasses = [
    "n01751748", "n09193705", "n02105855", "n04263257", "n03125729", "n01735189", "n02346627",
    "n02776631", "n03794056", "n02328150",
  ]
  private static let fewestKnown = 3

  /// Refuses labels of pictures with the names of ImageNet's validation pictures that are those of none of
  /// the first ten: their classes have another order.
  ///
  /// - Throws: `PictureError`.
  func check(_ labels: [Int], of names: [String]) throws {
    let known = zip(names, labels).compactMap { name, label -> (name: String, isRight: Bool)? in
      guard name.hasPrefix("ILSVRC2012_val_"), let number = Self.number(of: name),
        Self.firstClasses.indices ~= number - 1, let index = indices[Self.firstClasses[number - 1]]
      else { return nil }
      return (name, index == label)
    }
    guard known.count >= Self.fewestKnown, !known.contains(where: \.isRight) else { return }
    throw error(.otherGroundTruth(known.map(\.name)))
  }

  private func error(_ problem: GroundTruthProblem) -> PictureError {
    PictureError(file: url.path, problem: problem)
  }
}

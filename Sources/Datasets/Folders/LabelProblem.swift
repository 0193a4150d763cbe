import Formats

/// Labels that are not those of the pictures.
enum LabelProblem: PictureProblem {
  /// Another number of labels than pictures; a first line that was taken for a header.
  case wrongLabelCount(expected: Int, found: Int, header: String?)
  /// A line that is not a name and a class; the number of its fields.
  case wrongFields(line: Int, found: Int)
  /// A class that is no index and no listed name.
  case unknownClass(place: String, String, known: [String])
  /// An index that is no class.
  case classOutOfRange(place: String, Int, classCount: Int)
  /// Labels of which all say that there is none.
  case allIgnored(label: Int, count: Int)
  /// A picture that has two labels.
  case pictureTwice(line: Int, String)
  /// A name that several pictures have but for the extension.
  case ambiguousName(line: Int, String)
  /// Labels of pictures that are not there.
  case labelsWithoutPicture([String], folder: String)
  /// Pictures without a label.
  case picturesWithoutLabel([String])

  var message: String {
    switch self {
    case .wrongLabelCount(let expected, let found, let header):
      "expected \(expected) labels, one for each picture in the order of their names, found \(found)"
        + (header.map { ", not counting the first line, \"\($0.oneLine)\", which is no class" }
          ?? "")
    case .wrongFields(let line, let found):
      "line \(line): expected a name and a class, found \(found) field\(found == 1 ? "" : "s"); write "
        + "a name, a comma and a class on each line, or a class alone on each line"
    case .unknownClass(let place, let text, let known):
      "\(place): expected a class index from 0"
        + (known.isEmpty ? "" : ", or a name that --class-order lists")
        + ", found \"\(text.oneLine)\"; "
        + (known.isEmpty
          ? "--class-order gives classes names"
          : Spelling.suggestion(for: text.oneLine, from: known))
    case .classOutOfRange(let place, let found, let classCount):
      "\(place): expected a class from 0 to \(classCount - 1), found \(found)"
        + (classCount == 1000 && found == 1000
          ? "; ids of ILSVRC2012's development kit, 1 to 1000, are read from a file with its name there, "
            + "ILSVRC2012_validation_ground_truth.txt"
          : "")
    case .allIgnored(let label, let count):
      "expected labels of classes, found \(label) for all \(count) pictures, which says that there is none; "
        + "--ignore-label names another one"
    case .pictureTwice(let line, let name):
      "line \(line): expected each picture once, found \(name.oneLine) again"
    case .ambiguousName(let line, let name):
      "line \(line): several pictures are named \(name.oneLine); give the extension as well"
    case .labelsWithoutPicture(let names, let folder):
      "expected labels of the pictures in \(folder), found no picture of \(names.listed())"
    case .picturesWithoutLabel(let names):
      "expected a label for every picture, found none for \(names.listed())"
    }
  }
}

import Formats
import Foundation

/// A folder of pictures, or a file that says their classes, that cannot be used.
package struct PictureError: Error, CustomStringConvertible, Equatable {
  /// The path of the folder or file.
  package let file: String
  package let problem: Problem

  package enum Problem: Equatable, Sendable {
    // Folders
    /// There are no pictures and no folders.
    case noPictures
    /// There are pictures beside folders, so that it is not clear which are meant.
    case mixed(folders: [String], pictures: [String])
    /// Folders of classes without a picture.
    case emptyClasses([String])
    /// A name of a file or folder that is not UTF-8.
    case nameIsNoText(String)
    /// Pictures in a form that is not read.
    case otherFormats([String])
    /// Folders in folders, more than are walked; a loop of links has no end.
    case tooDeep(limit: Int)
    /// Pictures without folders of classes, and no labels.
    case noLabels
    /// Labels for folders of classes, which are the labels.
    case needlessLabels
    /// Two pictures whose corrupted copies would have the same name.
    case sameName(first: String, second: String)

    // Pictures
    /// A picture that is not square, after resizing if it was resized.
    case notSquare(height: Int, width: Int)
    /// A picture of another size than the first one.
    case otherSize(height: Int, width: Int, expected: Int, first: String)
    /// A picture that is smaller than the crop, after resizing if it was resized.
    case smallerThanCrop(Int, height: Int, width: Int)

    // The order of classes
    /// A list without a name.
    case noNames
    /// A class that is listed twice.
    case classTwice(line: Int, String)
    /// Folders that are not listed.
    case foldersNotListed([String])

    // Labels
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

    // Lists of ImageNet's validation pictures
    /// Ids of ILSVRC2012's development kit, and no order of its classes among the outputs of a model.
    case groundTruthWithoutOrder
    /// A line that is no id of the development kit.
    case noGroundTruthID(line: Int, String)
    /// A picture whose name has no number of a line; the number of lines.
    case notInGroundTruth(String, count: Int)
    /// Pictures whose known classes are others.
    case otherGroundTruth([String])
    /// Outputs that are to be left out, of a model whose classes are not known.
    case maskWithoutOrder

    // Corrupted copies
    /// There is no tree of corrupted copies.
    case noCopies
    /// The record of the copies says that they were made of other pictures, or of others as prepared.
    case copiesOfOthers
    /// Pictures without a corrupted copy.
    case missingCopies([String], of: String)
    /// A tree that has copies of other classes alone.
    case noCopyOfAnyClass([String], of: String)
  }

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .noPictures:
      "expected a folder for each class, or PNG and JPEG pictures with --labels, found neither"
    case .mixed(let folders, let pictures):
      "expected a folder for each class, or pictures alone; found the folders "
        + "\(folders.listed(limit: 3)) beside \(pictures.listed(limit: 3)); move one or the other"
    case .emptyClasses(let names):
      "expected a PNG or JPEG picture in the folder of each class, found none in "
        + "\(names.listed()); remove the folders that are no classes"
    case .nameIsNoText(let name):
      "expected names in UTF-8, found \(name.oneLine); rename the file or folder"
    case .otherFormats(let names):
      "expected PNG and JPEG pictures, found \(names.listed(limit: 3)); convert them, or move them "
        + "elsewhere"
    case .tooDeep(let limit):
      "expected at most \(limit) folders in one another, found more; is a link to a folder around it?"
    case .noLabels:
      "expected a folder for each class, found pictures alone; give their classes with --labels"
    case .needlessLabels:
      "the folders are the classes; --labels is for pictures without folders of classes, "
        + "--class-order for folders in another order"
    case .sameName(let first, let second):
      "\(first.oneLine) and \(second.oneLine) differ only in the extension, so that their corrupted "
        + "copies would have the same name; rename one of them"
    case .notSquare, .otherSize, .smallerThanCrop: sizeMessage
    case .noNames, .classTwice, .foldersNotListed: orderMessage
    case .noCopies, .copiesOfOthers, .missingCopies, .noCopyOfAnyClass: copyMessage
    case .groundTruthWithoutOrder, .noGroundTruthID, .notInGroundTruth, .otherGroundTruth,
      .maskWithoutOrder:
      groundTruthMessage
    default: labelMessage
    }
  }

  private var sizeMessage: String {
    let advice =
      "(width × height); prepare pictures with --resize and --crop, such as --resize 256 --crop 224"
    switch problem {
    case .notSquare(let height, let width):
      return "expected a square picture, found \(width)×\(height) pixels \(advice)"
    case .otherSize(let height, let width, let expected, let first):
      return "expected \(expected)×\(expected) pixels, as \(first.oneLine) has, found "
        + "\(width)×\(height) \(advice)"
    case .smallerThanCrop(let crop, let height, let width):
      return "expected at least \(crop)×\(crop) pixels for --crop \(crop), found "
        + "\(width)×\(height) (width × height); pictures are not padded: give --resize, or a smaller "
        + "--crop"
    default: return ""
    }
  }

  private var orderMessage: String {
    switch problem {
    case .classTwice(let line, let name):
      "line \(line): expected each class once, found \(name.oneLine) again"
    case .foldersNotListed(let names):
      "expected every folder of a class, found no line for \(names.listed())"
    default: "expected the name of a class on each line, found none"
    }
  }

  private var labelMessage: String {
    switch problem {
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
    default: ""
    }
  }

  private var groundTruthMessage: String {
    switch problem {
    case .groundTruthWithoutOrder:
      "the ids of ILSVRC2012's development kit have an order of their own; give the order of the model's "
        + "outputs with --class-order imagenet"
    case .noGroundTruthID(let line, let text):
      "line \(line): expected an id of ILSVRC2012's development kit, from 1 to 1000, found "
        + "\"\(text.oneLine)\"; give a list of indices from 0 another name"
    case .notInGroundTruth(let name, let count):
      "expected pictures with the names of ImageNet's validation pictures, from 1 to the \(count) lines of "
        + "the list, such as ILSVRC2012_val_00000001.JPEG, found \(name.oneLine)"
    case .otherGroundTruth(let names):
      "expected the classes of ImageNet's validation pictures, found others for all of "
        + "\(names.listed(limit: 3)); are they ids of the development kit, or is --class-order another "
        + "one? Ids are read from a file with its name there, ILSVRC2012_validation_ground_truth.txt"
    default:
      "which outputs of a model stand for these classes is not known; give all classes of the model with "
        + "--class-order"
    }
  }

  private var copyMessage: String {
    switch problem {
    case .missingCopies(let names, let folder):
      "expected a copy of every picture in \(folder), found none of \(names.listed())"
    case .noCopyOfAnyClass(let names, let folder):
      "expected copies of the pictures in \(folder), found those of other classes alone: "
        + names.listed(limit: 3)
    case .copiesOfOthers:
      "expected copies of the pictures of --images as they are prepared, found a corrupt.json of others; "
        + "give the --resize and --crop that the copies were made with, or make them again with mixmo "
        + "corrupt --images"
    default:
      "expected a folder of corrupted copies, found none; make them with mixmo corrupt --images, or "
        + "corrupt on the fly with --generate"
    }
  }
}

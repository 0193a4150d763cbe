import Formats

/// A folder whose pictures or classes are not clear.
enum FolderProblem: PictureProblem {
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
  /// Outputs that are to be left out, of a model whose classes are not known.
  case maskWithoutOrder

  var message: String {
    switch self {
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
    case .maskWithoutOrder:
      "which outputs of a model stand for these classes is not known; give all classes of the model with "
        + "--class-order"
    }
  }
}

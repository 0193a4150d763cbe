import Corruptions
import Datasets
import Formats
import Loading

extension DatasetError: AdvisedError {
  fileprivate static let sizeAdvice =
    "give images of this size, or folders of pictures with --images, --resize and --crop"

  var advice: String? {
    switch self {
    case .malformed, .noRecords, .partialRecord, .labelOutOfRange, .missingClasses,
      .unknownClasses, .missingImages, .wrongClassCount, .otherLabel:
      "check the files with mixmo data verify, and fetch them again where they are damaged"
    case .wrongFileSize: Self.sizeAdvice
    case .mixedLayout: "move the images into the folder of their class, or remove them"
    case .unknownCorruption: "choose one of these"
    case .tooManyClasses: "choose a data set with fewer classes"
    case .notFound, .misnamed, .noCorruptions, .corruptionTwice, .sameImageName, .otherImages,
      .severitiesOfArray, .noTrainingImages:
      nil
    }
  }
}

extension LoadingError: AdvisedError {
  var advice: String? {
    switch self {
    case .wrongImageSize: DatasetError.sizeAdvice
    case .tooFewImages:
      "give more images, or a smaller number where an option or the configuration asks"
    case .mixingMethod: "choose one of these in the configuration"
    case .maskTooSmall: "choose another method in the configuration"
    }
  }
}

extension PictureError: AdvisedError {
  /// Most say it themselves, behind a semicolon.
  var advice: String? {
    description.contains("; ") || description.hasSuffix("?")
      ? nil : "correct it, or give another folder or file"
  }
}

extension DownloadError: AdvisedError {
  var advice: String? {
    switch self {
    case .refused, .unreachable: "check the network, or name a mirror or a folder with --from"
    case .wrongDigest, .damaged, .incomplete:
      "remove the archive and run the same command, or name another server with --from"
    case .notEnoughSpace: "free space on the disk, or choose another folder with --data"
    case .unsafeMember: "take the archive from another server with --from"
    case .busy, .exhausted, .occupied, .interrupted, .unpackingInterrupted: nil
    }
  }
}

extension CorruptionError: AdvisedError {
  var advice: String? {
    switch self {
    case .wrongSize: CommonAdvice.fault
    case .unfitSize:
      "leave this corruption out (--corruption names the others), or --resize the pictures"
    case .unknownSeverity: "choose one of these with --severity"
    case .wrongTexture: "give the published textures, frost1.png to frost5.jpg"
    case .missingTextures: "put them into the folder, or leave --frost-textures out for substitutes"
    }
  }
}

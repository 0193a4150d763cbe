import Foundation
import Reports
import Training

extension TrainingError: AdvisedError {
  var advice: String? {
    switch self {
    case .notResumable: "start over with --from-scratch, or choose another folder with --save"
    case .diverged: "lower the learning rate (lr) in the configuration, and start over"
    case .interrupted, .otherConfiguration, .otherSeed, .otherValidation, .otherData,
      .noValidation, .otherTrainingImages, .otherSums, .otherPrecision, .tooManyProcesses,
      .inexactKernels, .otherProcess, .damagedEvents:
      nil
    }
  }
}

extension RunConfigurationError: AdvisedError {
  var advice: String? {
    switch problem {
    case .wrongClassCount, .wrongImageSide, .wrongMemberCount: "correct it in the configuration"
    case .termOfMissingMember: nil
    }
  }
}

extension RecipeError: AdvisedError {
  var advice: String? {
    switch self {
    case .malformedName, .unknownNetwork, .impossible:
      "see the names with mixmo config create --list"
    case .unknownPart, .unclearNetwork, .existing: nil
    }
  }
}

extension ReportsError: AdvisedError {
  var advice: String? {
    switch self {
    case .nothingSelected, .noSuchClass, .noSuchPredictor: "choose one of these"
    case .otherRun: "give runs of the same images, made with the same settings"
    case .ambiguous, .otherCells, .noSets, .noSoftLabels, .noOutOfDistribution, .noDetectionScore:
      nil
    }
  }
}

extension GnuplotError: AdvisedError {
  var advice: String? {
    switch self {
    case .failed: "check that gnuplot works, with mixmo doctor"
    case .incomplete: "free space on the disk, or choose another folder"
    }
  }
}

extension SharedFiles.NotFound: AdvisedError {
  var advice: String? { nil }
}

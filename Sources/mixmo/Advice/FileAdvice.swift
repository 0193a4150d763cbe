import Checkpoints
import Formats
import Foundation
import Images
import Processes

extension FileError: AdvisedError {
  var advice: String? {
    switch self {
    case .unreadable(_, let code): Self.advice(onReading: code)
    case .unwritable(_, let code): Self.advice(onWriting: code)
    case .tooLarge: "check that it is the file that you mean"
    case .notAFile, .notRegular, .inUse: nil
    }
  }

  private static func advice(onReading code: Int32) -> String {
    switch code {
    case ENOENT: "check the path and the spelling"
    case ENOTDIR: "check the path: a part of it is a file, not a folder"
    case EISDIR: "name a file in this folder"
    case EACCES, EPERM: "allow this user to read it (chmod, chown), or name a copy"
    case EMFILE, ENFILE: "allow more open files (ulimit -n)"
    case ENOMEM: "allow more memory (ulimit -v, or the limit of the container)"
    case EIO, ESTALE: "check the disk or the network drive, or copy the file elsewhere"
    case ENAMETOOLONG, ELOOP: "check the path, and the links in it"
    default: "check the path and the disk"
    }
  }

  private static func advice(onWriting code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "free space on the disk, or choose another folder"
    case EACCES, EPERM, EROFS: "choose a folder that this user can write to"
    case ENOENT, ENOTDIR: "check the path: a folder of it is missing, or is a file"
    case EISDIR: "choose the name of a file, not of a folder"
    case EFBIG: "allow larger files (ulimit -f)"
    case EMFILE, ENFILE: "allow more open files (ulimit -n)"
    case EPIPE, EBADF: "keep the output open until the command ends"
    case ENAMETOOLONG, ELOOP: "choose a shorter path, without links in a circle"
    default: "check the path and the disk, or choose another folder"
    }
  }
}

extension FileFormError: AdvisedError {
  var advice: String? { found.advice == nil ? "name a file of the expected form" : nil }
}

extension ChildProgramError: AdvisedError {
  var advice: String? { nil }
}

extension ChildStartError: AdvisedError {
  var advice: String? { nil }
}

extension ConfigurationError: AdvisedError {
  var advice: String? {
    description.contains("did you mean") || description.contains("known are")
      ? nil : "correct this line, or write the file again with mixmo config create"
  }
}

extension CSVError: AdvisedError {
  var advice: String? {
    switch self {
    case .empty, .columnTwice, .strayQuote, .openQuote, .fieldCount, .tooManyFields:
      "correct the table, or write it again"
    case .twoSeparators, .ambiguousNumbers: nil
    }
  }
}

extension EventFileError: AdvisedError {
  var advice: String? { nil }
}

extension NumPyError: AdvisedError {
  var advice: String? {
    switch problem {
    case .notAnArray: "save an array with numpy.save"
    case .unsupportedVersion: "save it again with numpy.save"
    case .truncatedHeader, .malformedHeader, .wrongByteCount: CommonAdvice.damagedFile
    case .shapeTooLarge: "check that it is the array that you mean"
    case .wrongElementType: "save it as float32, or labels as int64"
    case .rowsOutOfRange, .wrongValueCount: CommonAdvice.fault
    case .notAPickledArray: "save arrays, not other objects, with numpy.save"
    case .unsupportedType, .tooLargeToReorder: nil
    }
  }
}

extension ClassIndexError: AdvisedError {
  var advice: String? {
    switch problem {
    case .notWhole: "save labels as whole numbers from 0"
    case .soft: nil
    case .notOneHot, .wrongShape: "save one class index for each row"
    }
  }
}

extension PickleError: AdvisedError {
  var advice: String? {
    switch problem {
    case .forbiddenCall, .unsupportedProtocol, .unsupportedOpcode, .tooLarge:
      "save the state dictionary alone with torch.save, or as safetensors"
    case .truncated, .wrongOperand, .missingMemo, .invalidText, .trailingBytes:
      CommonAdvice.damagedFile
    }
  }
}

extension SafeTensorsError: AdvisedError {
  var advice: String? {
    switch problem {
    case .unsupportedType: "save the tensors in a type that is listed"
    case .reservedName, .duplicateName: "save the tensors under other names"
    case .truncated, .headerTooLarge, .malformedHeader, .shapeTooLarge, .backwards,
      .wrongByteCount, .gap, .overlap, .wrongDataSize:
      CommonAdvice.damagedFile
    }
  }
}

extension ZipError: AdvisedError {
  var advice: String? {
    switch problem {
    case .malformed: nil
    case .unsafeName, .duplicateName, .overlappingMembers, .tooManyMembers, .tooLarge:
      "take an archive from a source that you trust"
    case .missing: "check that it is the archive that you mean"
    case .unsupportedCompression: "pack it again without encryption (zip, or numpy.savez)"
    case .damaged, .wrongByteCount: CommonAdvice.damagedFile
    case .unwritable: "check the path and the disk, or choose another folder"
    }
  }
}

extension ImageError: AdvisedError {
  var advice: String? {
    switch problem {
    case .notAnImage, .unsupported: "convert the picture to PNG or JPEG, or remove it"
    case .dimensionsTooLarge: "make the picture smaller, or remove it"
    case .damaged: CommonAdvice.damagedFile
    case .emptyImage: "remove it"
    case .qualityOutOfRange: "choose a quality from 1 to 100"
    case .unwritable: "choose another format"
    }
  }
}

extension CheckpointError: AdvisedError {
  var advice: String? {
    switch problem {
    case .notACheckpoint: "name a file of torch.save, safetensors or mixmo train"
    case .unsupportedByteOrder, .malformedTensor, .conflictingStorage, .wrongStorageSize,
      .malformedView, .viewBeyondStorage, .keyTooLong, .duplicateKey, .wrongByteCount:
      "save the state dictionary again with torch.save; if that does not help, copy the file again"
    case .unsupportedElementType: "convert the tensors to float32 and save them again"
    case .noWeights, .noDictionary, .noSuchWeights:
      "see its keys with mixmo inspect, and name the dictionary with --weights"
    case .mismatch: "give the configuration of this checkpoint with --config"
    case .unusableWeight: "choose a checkpoint of an earlier epoch"
    case .unusableCount, .notATensor, .notAWeight, .opaqueValue:
      "save the state dictionary alone, or choose one with --weights"
    case .noDataPickle, .tooManyRepeats, .severalWeights, .doubtfulWeights: nil
    }
  }
}

//! Program object and runtime archive to executable, in process.

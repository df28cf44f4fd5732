//! Register bytecode made from MIR, and the virtual machine that runs it.

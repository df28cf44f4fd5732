//! Tree-walking interpreter over the typed program: the definition of the language.

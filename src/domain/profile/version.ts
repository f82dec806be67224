/**
 * Raised only when the same events lead to another stored state or another decision than before (a golden state fixture
 * changes). Part of the recipe: a state is folded again only by the version that folded it first, or with consent.
 */
export const FOLD_VERSION = 3

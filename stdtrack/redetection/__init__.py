"""Global search: a target that was lost is looked for in the whole image, and tracked again from where it is found."""

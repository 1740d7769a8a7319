"""Labels from files of many forms, put on the records of a build or added to a bundle that is there."""

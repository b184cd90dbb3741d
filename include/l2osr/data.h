/* SPDX-License-Identifier: MIT */
/**
 * @file data.h
 * Arrays from files (.npy, IDX, IDX.gz, CSV), labelled image data sets (IDX, CIFAR-10, CIFAR-100),
 * and samples: the tables of trajectories that symbolic regression works on. See doc/formats.md.
 *
 * Thread-safety: arrays, data sets and samples may be read by any number of threads once made.
 */
#ifndef L2OSR_DATA_H
#define L2OSR_DATA_H

#include "l2osr/context.h"

L2OSR_BEGIN_DECLS

/** Largest number of dimensions of an array. */
#define L2OSR_MAX_RANK 8

/** Element type of an array. */
typedef enum l2osr_dtype {
    L2OSR_F32 = 1, /**< IEEE binary32, "f4" */
    L2OSR_F64 = 2, /**< IEEE binary64, "f8" */
    L2OSR_U8 = 3,  /**< unsigned byte, "u1" */
    L2OSR_I32 = 4, /**< "i4" */
    L2OSR_I64 = 5  /**< "i8" */
} l2osr_dtype;

/** Opaque n-dimensional array in C order (the last index varies fastest). */
typedef struct l2osr_array l2osr_array;

/**
 * Makes an array and copies `data` (C order) into it; NULL `data` gives zeros.
 * @param out   the array, NULL on failure; free with l2osr_array_free()
 * @param dtype element type
 * @param rank  0 (a scalar) to #L2OSR_MAX_RANK
 * @param shape `rank` extents
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (size overflows), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_array_create(l2osr_array **out, l2osr_context *ctx,
                                                          l2osr_dtype dtype, size_t rank,
                                                          const size_t *shape, const void *data);

/**
 * Loads a file; the kind is told by its content: NumPy .npy (versions 1 and 2; f4 f8 u1 i4 i8 of
 * either byte order; C and Fortran order), IDX, else CSV with or without a header row. Any of them
 * may be compressed with gzip. A structured .npy [rows] with fields of one type becomes an array
 * [rows][fields] whose columns have names.
 * @return #L2OSR_OK, #L2OSR_EIO, #L2OSR_EFORMAT, #L2OSR_ENOMEM; the message names file and place
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_array_load(l2osr_array **out, l2osr_context *ctx,
                                                        const char *path);

/** Writes an array as .npy version 1, little-endian, C order; atomically. #L2OSR_EIO on failure. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_array_save_npy(const l2osr_array *array,
                                                            const char *path);

/**
 * Writes an array of rank 1 or 2 as CSV; numbers read back to the same bits. Atomic.
 * @param names one column name per column for the header row, or NULL for no header
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_array_save_csv(const l2osr_array *array,
                                                            const char *const *names,
                                                            const char *path);

/** Frees an array. NULL is allowed. */
L2OSR_API void l2osr_array_free(l2osr_array *array);

L2OSR_API l2osr_dtype l2osr_array_dtype(const l2osr_array *array); /**< Element type. */
L2OSR_API size_t l2osr_array_rank(const l2osr_array *array);       /**< Number of dimensions. */
/** Extent of dimension `axis`; 1 when axis is at or past the rank. */
L2OSR_API size_t l2osr_array_extent(const l2osr_array *array, size_t axis);
L2OSR_API size_t l2osr_array_size(const l2osr_array *array); /**< Number of elements. */
/** Elements in C order; borrowed, lives as long as the array. */
L2OSR_API const void *l2osr_array_data(const l2osr_array *array);
/** Element `index` in C order as a double; 0 when out of range. */
L2OSR_API double l2osr_array_get(const l2osr_array *array, size_t index);
/** Name of column `index` if the file had a header row or fields, else NULL. Borrowed. */
L2OSR_API const char *l2osr_array_column_name(const l2osr_array *array, size_t index);

/** Opaque labelled set of images, grey or in colour; pixels are bytes. */
typedef struct l2osr_dataset l2osr_dataset;

/**
 * Loads images [n][rows][cols] (u1) and labels [n] (u1) from two IDX (or IDX.gz, .npy) files.
 * @return #L2OSR_OK, or #L2OSR_EIO, #L2OSR_EFORMAT, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_load(l2osr_dataset **out, l2osr_context *ctx,
                                                          const char *images_path,
                                                          const char *labels_path);

/**
 * Loads CIFAR-10 from batches of its binary version (Krizhevsky 2009), one after the other into one
 * set: 32x32 images of 3 planes, red, green and blue, with 10 classes. A batch is any number of
 * records of 3073 bytes, a label and the planes; it may be compressed with gzip.
 * @param paths   data_batch_1.bin, data_batch_2.bin ...
 * @param n_paths at least 1
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOTFOUND, #L2OSR_EIO, #L2OSR_EFORMAT (a truncated
 * file, or a label above 9: the message names file and record, from 0), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_cifar10(l2osr_dataset **out,
                                                             l2osr_context *ctx,
                                                             const char *const *paths,
                                                             size_t n_paths);

/** Which of the two labels of an image of CIFAR-100. */
typedef enum l2osr_cifar100_labels {
    L2OSR_CIFAR100_FINE = 0,  /**< 100 classes */
    L2OSR_CIFAR100_COARSE = 1 /**< 20 classes, of five fine ones each */
} l2osr_cifar100_labels;

/**
 * Loads CIFAR-100 from files of its binary version (Krizhevsky 2009), as l2osr_dataset_cifar10()
 * does CIFAR-10. A record is of 3074 bytes: the coarse label, the fine label and the planes.
 * @param paths   train.bin or test.bin, or both
 * @param n_paths at least 1
 * @param labels  those of the set; the others are checked and left out
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOTFOUND, #L2OSR_EIO, #L2OSR_EFORMAT (a truncated
 * file, a coarse label above 19, or a fine one above 99: the message names file and record, from
 * 0), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_cifar100(l2osr_dataset **out,
                                                              l2osr_context *ctx,
                                                              const char *const *paths,
                                                              size_t n_paths,
                                                              l2osr_cifar100_labels labels);

/**
 * Draws `n` synthetic digits: 28x28 grey, 10 balanced classes, from stroke templates with affine
 * and elastic distortion, varying pen and noise. A pure function of (n, seed).
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_digits(l2osr_dataset **out, l2osr_context *ctx,
                                                            size_t n, uint64_t seed);

/**
 * Copies a part: items first .. first+count-1 of the set in an order shuffled by `shuffle` (the
 * same for every part with that number; 0 keeps the order). Disjoint ranges give disjoint parts.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_part(l2osr_dataset **out, l2osr_context *ctx,
                                                          const l2osr_dataset *set, size_t first,
                                                          size_t count, uint64_t shuffle);

/**
 * Copies the images of some classes, in the order of the set, and labels them anew: those of
 * classes[k] get the label k. The halves of CIFAR-10 that "Symbolic Learning to Optimize" trains
 * and evaluates on are the classes 0, 2, 4, 6, 8 and 1, 3, 5, 7, 9.
 * @param classes labels of `set`, none of them twice
 * @param n       their number, at least 1: the classes of the copy
 * @return #L2OSR_OK, #L2OSR_EINVAL (also when no image is of these classes), #L2OSR_ERANGE (the
 * set has no such class), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_dataset_select(l2osr_dataset **out, l2osr_context *ctx,
                                                            const l2osr_dataset *set,
                                                            const uint8_t *classes, size_t n);

/** Frees a data set. NULL is allowed. */
L2OSR_API void l2osr_dataset_free(l2osr_dataset *set);

L2OSR_API size_t l2osr_dataset_size(const l2osr_dataset *set); /**< Number of images. */
/** Planes of an image: 1 for grey, 3 for red, green and blue. */
L2OSR_API size_t l2osr_dataset_channels(const l2osr_dataset *set);
L2OSR_API size_t l2osr_dataset_rows(const l2osr_dataset *set); /**< Image height. */
L2OSR_API size_t l2osr_dataset_cols(const l2osr_dataset *set); /**< Image width. */
/** Number of classes: every label is below it, also in parts that lack some of them. */
L2OSR_API size_t l2osr_dataset_classes(const l2osr_dataset *set);
/** Pixels of image `index`, [channels][rows][cols]; borrowed. */
L2OSR_API const uint8_t *l2osr_dataset_image(const l2osr_dataset *set, size_t index);
/** Label of image `index`. */
L2OSR_API uint8_t l2osr_dataset_label(const l2osr_dataset *set, size_t index);

/**
 * Opaque samples: `trajectories` time series of `steps` steps for each of `features` named inputs
 * and for one target. A plain table of independent rows has steps = 1.
 */
typedef struct l2osr_samples l2osr_samples;

/**
 * Makes samples full of zeros.
 * @param names one name per feature: letters, digits and '_', not starting with a digit
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_create(l2osr_samples **out, l2osr_context *ctx,
                                                            size_t features,
                                                            const char *const *names,
                                                            size_t trajectories, size_t steps);

/**
 * Makes a table (steps = 1) from an array [rows][columns]; column `target` is the target and the
 * rest are features. Names come from `names` (features only), else from the array's columns, else
 * x0, x1 ... l2osr_samples_from_table() can do more.
 * @param target column index; negative counts from the end (-1 is the last column)
 * @return #L2OSR_ENONFINITE when an entry is NaN or infinite: the message names row and column
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_from_array(l2osr_samples **out,
                                                                l2osr_context *ctx,
                                                                const l2osr_array *array,
                                                                const char *const *names,
                                                                long target);

/**
 * Writes samples atomically; the end of the path tells the format.
 *
 * .csv: a row of names `trajectory,<features>,target` or `...,target,weight`, and a line for each
 * step. Numbers read back to the same bits. Features must not be called trajectory, target or
 * weight (#L2OSR_EINVAL).
 *
 * Anything else: .npy [trajectories][steps][features + 1], f4; the last column is the target. It
 * has no room for weights: with them it is refused (#L2OSR_EINVAL). Windows are in neither;
 * l2osr_samples_find_windows() finds them again.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_save(const l2osr_samples *samples,
                                                          const char *path);

/**
 * Reads what l2osr_samples_save() wrote, or any table with columns called trajectory and target and
 * possibly weight, in any order: the rest are features. The rows of a trajectory follow one
 * another, the numbers of trajectories ascend, and all trajectories have the same length.
 * @param names of the features; NULL takes them from the file if it has some, else x0, x1 ...
 * @return #L2OSR_OK, #L2OSR_EIO, #L2OSR_EFORMAT (also for a table without a column trajectory,
 * which is for l2osr_samples_from_table()), #L2OSR_EINVAL (names), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_load(l2osr_samples **out, l2osr_context *ctx,
                                                          const char *const *names,
                                                          const char *path);

/**
 * #L2OSR_OK when every entry is finite and no weight is negative, else #L2OSR_ENONFINITE or
 * #L2OSR_ERANGE with the place in the message.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_check(const l2osr_samples *samples);

/** Frees samples. NULL is allowed. */
L2OSR_API void l2osr_samples_free(l2osr_samples *samples);

L2OSR_API size_t l2osr_samples_features(const l2osr_samples *samples);     /**< Inputs. */
L2OSR_API size_t l2osr_samples_trajectories(const l2osr_samples *samples); /**< Series. */
L2OSR_API size_t l2osr_samples_steps(const l2osr_samples *samples);        /**< Length of each. */
/** Name of a feature; borrowed. */
L2OSR_API const char *l2osr_samples_name(const l2osr_samples *samples, size_t feature);
/** Series [steps] of one feature in one trajectory; writable until the samples are handed on. */
L2OSR_API float *l2osr_samples_series(l2osr_samples *samples, size_t feature, size_t trajectory);
/** Series [steps] of the target in one trajectory. */
L2OSR_API float *l2osr_samples_target(l2osr_samples *samples, size_t trajectory);

/** What becomes of rows of a table that have a NaN or an infinity. */
typedef enum l2osr_nonfinite_rows {
    L2OSR_NONFINITE_REPORT = 0, /**< #L2OSR_ENONFINITE with a message that names row and column */
    L2OSR_NONFINITE_DROP = 1    /**< they are left out */
} l2osr_nonfinite_rows;

/** Options of l2osr_samples_from_table(); zero means the default. */
struct l2osr_table_options {
    size_t struct_size; /**< sizeof(struct l2osr_table_options) */
    /** Of the columns other than target and weight; NULL: the array's, else x0, x1 ... */
    const char *const *names;
    /** Column of the target: its name, or its number as in "3" or "-1"; NULL: the last one. */
    const char *target;
    const char *weight;             /**< column of the weights, told likewise; NULL: none */
    l2osr_nonfinite_rows nonfinite; /**< what to do about rows that are not finite as f32 */
};
typedef struct l2osr_table_options l2osr_table_options;

/** Static initialiser of #l2osr_table_options. */
#define L2OSR_TABLE_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_table_options), 0, 0, 0, L2OSR_NONFINITE_REPORT }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_table_options_init(l2osr_table_options *o, size_t size);

/**
 * Makes a table (steps = 1) from an array [rows][columns] as the options say.
 * @param options NULL: all defaults
 * @param dropped receives the number of rows left out; NULL is allowed
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOTFOUND (no column of that name), #L2OSR_ERANGE (no
 * column of that number, or a weight is negative), #L2OSR_EFORMAT (two columns of that name),
 * #L2OSR_ENONFINITE (an entry, or with #L2OSR_NONFINITE_DROP every row), #L2OSR_ENOMEM,
 * #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_from_table(l2osr_samples **out,
                                                                l2osr_context *ctx,
                                                                const l2osr_array *array,
                                                                const l2osr_table_options *options,
                                                                size_t *dropped);

/** Gives every step the weight 1, unless there are weights already. #L2OSR_ENOMEM on failure. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_add_weights(l2osr_samples *samples);

/** Weights [steps] of one trajectory, writable as the series are; NULL when there are none. */
L2OSR_API float *l2osr_samples_weights(l2osr_samples *samples, size_t trajectory);

/**
 * Declares columns of a table (steps = 1) to be a short history: features[k] is the value that
 * something called `name` had k steps ago.
 * @param name     like that of a feature, and that of no feature or other window
 * @param length   2 to 64
 * @param features `length` features, none of which is in another window; copied
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (length, or no such feature), #L2OSR_ENOMEM; the
 * samples are unchanged after a failure
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_add_window(l2osr_samples *samples,
                                                                const char *name, size_t length,
                                                                const size_t *features);

/**
 * Adds the windows that names tell of: a base with 0, 1, 2 ... behind it without a gap, at least 3
 * of them and at most 64, in any order. g0, g1, g2 are the window g; so are g_0, g_1, g_2. What
 * cannot be a window, as its name is taken or a column is in a window already, is passed over.
 * @return #L2OSR_OK, also when there are none; #L2OSR_EINVAL (steps > 1), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_find_windows(l2osr_samples *samples);

L2OSR_API size_t l2osr_samples_windows(const l2osr_samples *samples); /**< Number of windows. */
/** Name of a window, borrowed; NULL when there is no such window. */
L2OSR_API const char *l2osr_samples_window_name(const l2osr_samples *samples, size_t window);
/** Length of a window; 0 when there is no such window. */
L2OSR_API size_t l2osr_samples_window_length(const l2osr_samples *samples, size_t window);
/** The feature that is a window `lag` steps ago; SIZE_MAX when there is none. */
L2OSR_API size_t l2osr_samples_window_feature(const l2osr_samples *samples, size_t window,
                                              size_t lag);

/**
 * Copies trajectories first .. first+count-1, with names, weights and windows.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_part(l2osr_samples **out,
                                                          const l2osr_samples *samples,
                                                          size_t first, size_t count);

/**
 * Copies `n` trajectories that are drawn without replacement, in the order they have, with names,
 * weights and windows. Which ones depends on the number of trajectories, n and seed alone.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (n is 0 or more than there are), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_subsample(l2osr_samples **out,
                                                               const l2osr_samples *samples,
                                                               size_t n, uint64_t seed);

/**
 * Copies the trajectories whose entries and weights are all finite, with names, weights and
 * windows.
 * @param dropped receives the number of trajectories left out; NULL is allowed
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENONFINITE (none is left), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_samples_drop_nonfinite(l2osr_samples **out,
                                                                    const l2osr_samples *samples,
                                                                    size_t *dropped);

L2OSR_END_DECLS

#endif

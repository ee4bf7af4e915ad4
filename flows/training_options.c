#include "flows/training_options.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nas/trainer_config.h"

#define CHOICE_OF(words) AXN_OPTION_CHOICE, words
#define SGD_RATE 0.05
#define MUON_RATE 0.006
#define FIELD(name) offsetof(axn_training_options, name)

typedef struct row {
    const char *name;
    size_t field;
    axn_option_kind kind;
    const char *value_name, *help;
    const char *start; /* default of `train`; NULL: in the help already */
    double low, high;
} row;

static const row rows[] = {
    {"epochs", FIELD(epochs), AXN_OPTION_INTEGER, "N", "epochs (5; retrain: 20)", NULL, 1, 100000},
    {"batch-size", FIELD(batch_size), AXN_OPTION_INTEGER, "N", "images of a step", "32", 1, 4096},
    {"optimiser", FIELD(optimiser), CHOICE_OF(AXN_OPTIMISER_WORDS),
     "Adam, SGD with Nesterov's momentum, or Muon for convolutions and SGD for the rest", "adam", 0,
     0},
    {"momentum", FIELD(momentum), AXN_OPTION_NUMBER, "X", "of SGD and Muon", ".9", 0, 0.9999},
    {"learning-rate", FIELD(learning_rate), AXN_OPTION_NUMBER, "X", "at most",
     ".002; sgd: .05; muon: .006", 1e-9, 10},
    {"l2", FIELD(l2), AXN_OPTION_NUMBER, "X", "decay of the weights", ".0001", 0, 1},
    {"decoupled-l2", FIELD(decoupled_l2), AXN_OPTION_FLAG, NULL,
     "decay beside the step, not in the gradient (AdamW, SGDW)", NULL, 0, 0},
    {"schedule", FIELD(schedule), CHOICE_OF(AXN_SCHEDULE_WORDS), "of the learning rate",
     "one-cycle", 0, 0},
    {"step-epochs", FIELD(step_epochs), AXN_OPTION_INTEGER, "N",
     "schedule step: epochs at one rate", NULL, 1, 100000},
    {"step-factor", FIELD(step_factor), AXN_OPTION_NUMBER, "X",
     "schedule step: factor from one rate to the next", ".1", 1e-9, 1},
    {"label-smoothing", FIELD(label_smoothing), AXN_OPTION_NUMBER, "X", "0 to .9", "0", 0, 0.9},
    {"crop-padding", FIELD(crop_padding), AXN_OPTION_INTEGER, "N", "random crops, pixels", "0", 0,
     64},
    {"flip", FIELD(flip), CHOICE_OF("auto|on|off"),
     "random horizontal flips; auto: where the data set allows", "auto", 0, 0},
    {"train-images", FIELD(train_images), AXN_OPTION_INTEGER, "N",
     "train on a random subset (0: all that the protocol allows)", NULL, 0, INT32_MAX},
    {"protocol", FIELD(protocol), CHOICE_OF("held-out|paper"),
     "held-out: some training images validate; paper: all are trained on", "held-out", 0, 0},
    {"validation-fraction", FIELD(validation_fraction), AXN_OPTION_NUMBER, "X",
     "of the training images, held out", ".1", 0.001, 0.9},
    {"gradient", FIELD(gradient), CHOICE_OF(AXN_GRADIENT_WORDS),
     "through a product: as if exact, or the slope of the multiplier's smoothed table",
     "straight-through", 0, 0},
    {"gradient-window", FIELD(gradient_window), AXN_OPTION_INTEGER, "N",
     "codes on each side that smooth the table", "16", 0, 127},
    {"arithmetic", FIELD(arithmetic), CHOICE_OF(AXN_ARITHMETIC_WORDS),
     "of the training; float: fp32, quantised at its end", "quantised", 0, 0},
    {"weight-ranges", FIELD(weight_ranges), CHOICE_OF(AXN_RANGES_WORDS),
     "one scale of the weights for each output channel, or for each layer", "channel", 0, 0},
    {"seed", FIELD(seed), AXN_OPTION_INTEGER, "S", "of all random numbers", "1", 0, INT32_MAX},
    {"threads", FIELD(threads), AXN_OPTION_INTEGER, "N", "0: all processors; never changes results",
     NULL, 0, 1024},
    {"isa", FIELD(isa), CHOICE_OF(AXN_ISA_WORDS),
     "class of instructions, which decides the last bits (the best of this machine)", NULL, 0, 0},
    {"resume", FIELD(resume), AXN_OPTION_FLAG, NULL, "go on with a training that was stopped", NULL,
     0, 0},
    {"force", FIELD(force), AXN_OPTION_FLAG, NULL, "write into a folder that is not empty", NULL, 0,
     0},
};
#define ROWS (sizeof rows / sizeof rows[0])
_Static_assert(ROWS + AXN_CORRECTION_OPTIONS <= AXN_TRAINING_OPTIONS, "room for the help of all");

void axn_training_options_list(axn_training_options *given, bool search, axn_option *list,
                               int *count)
{
    *given = (axn_training_options){0};
    for (size_t i = 0; i < ROWS; i++) {
        const row *r = &rows[i];
        char *field = (char *)given + r->field;
        if (r->kind == AXN_OPTION_INTEGER) {
            *(int64_t *)(void *)field = strcmp(r->name, "threads") == 0 ? 0 : -1;
        } else if (r->kind == AXN_OPTION_NUMBER) {
            *(double *)(void *)field = (double)NAN;
        }
        const char *start = search && r->start != NULL ? "the search's" : r->start;
        snprintf(given->help[i], sizeof given->help[i], start != NULL ? "%s (%s)" : "%s", r->help,
                 start);
        list[(*count)++] = (axn_option){.name = r->name,
                                        .kind = r->kind,
                                        .value = field,
                                        .value_name = r->value_name,
                                        .help = given->help[i],
                                        .low = r->low,
                                        .high = r->high};
    }
    axn_correction_options_list(&given->corrections, list, count);
}

void axn_training_defaults(const axn_dataset *dataset, axn_training *training)
{
    *training = (axn_training){.dataset = dataset, .held_out = 0.1};
    axn_trainer_defaults(&training->config);
    training->config.epochs = 5;
    training->config.learning_rate = 0.002;
    training->config.schedule = AXN_SCHEDULE_ONE_CYCLE;
    training->config.flip = dataset->flip;
}

static void set_integer(int *to, int64_t given)
{
    if (given >= 0) {
        *to = (int)given;
    }
}

static void set_number(double *to, double given)
{
    if (!isnan(given)) {
        *to = given;
    }
}

/* Index of the word given, else what was there. */
static int choice(const char *words, const char *given, int index)
{
    return given != NULL ? axn_word_index(words, given) : index;
}

static void apply_choices(const axn_training_options *g, axn_training *t)
{
    axn_trainer_config *c = &t->config;
    const int optimiser = choice(AXN_OPTIMISER_WORDS, g->optimiser, (int)c->optimiser);
    if (optimiser != (int)c->optimiser && optimiser != (int)AXN_OPTIMISER_ADAM) {
        /* one for Adam would be too small */
        c->learning_rate = optimiser == (int)AXN_OPTIMISER_SGD ? SGD_RATE : MUON_RATE;
    }
    c->optimiser = (unsigned)optimiser;
    c->schedule = (unsigned)choice(AXN_SCHEDULE_WORDS, g->schedule, (int)c->schedule);
    c->gradient = (unsigned)choice(AXN_GRADIENT_WORDS, g->gradient, (int)c->gradient);
    c->arithmetic = (unsigned)choice(AXN_ARITHMETIC_WORDS, g->arithmetic, (int)c->arithmetic);
    c->layer_ranges = choice(AXN_RANGES_WORDS, g->weight_ranges, c->layer_ranges) == 1;
    c->decoupled_l2 = c->decoupled_l2 || g->decoupled_l2;
    if (g->flip != NULL) {
        c->flip = strcmp(g->flip, "auto") == 0 ? t->dataset->flip : strcmp(g->flip, "on") == 0;
    }
    if (g->protocol != NULL) {
        t->paper = strcmp(g->protocol, "paper") == 0;
    }
}

void axn_training_options_apply(const axn_training_options *given, axn_training *training)
{
    axn_trainer_config *c = &training->config;
    apply_choices(given, training);
    set_integer(&c->epochs, given->epochs);
    set_integer(&c->batch_size, given->batch_size);
    set_integer(&c->step_epochs, given->step_epochs);
    set_integer(&c->crop_padding, given->crop_padding);
    set_integer(&c->gradient_window, given->gradient_window);
    set_integer(&training->train_images, given->train_images);
    set_number(&c->learning_rate, given->learning_rate);
    set_number(&c->momentum, given->momentum);
    set_number(&c->l2, given->l2);
    set_number(&c->step_factor, given->step_factor);
    set_number(&c->label_smoothing, given->label_smoothing);
    training->resume = given->resume;
    training->corrections = given->corrections;
    set_number(&training->held_out, given->validation_fraction);
    c->isa = given->isa != NULL ? axn_isa_of(given->isa) : AXN_ISA_BEST;
    if (given->seed >= 0) {
        c->seed = (uint64_t)given->seed;
    }
}

// Main program of a bench that records coverage: --binary has none that writes it. The model is
// verilated with --prefix Vbench; coverage.dat goes to the current folder.
#include "Vbench.h"
#include "verilated.h"
#include "verilated_cov.h"

int main(int argc, char **argv)
{
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench bench{&context};
    while (!context.gotFinish()) {
        bench.eval();
        if (!bench.eventsPending()) {
            break;
        }
        context.time(bench.nextTimeSlot());
    }
    bench.final();
    context.coveragep()->write("coverage.dat");
    return 0;
}

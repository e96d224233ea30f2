/** The command line. Begin with {@link io.sereno.cli.Main}; {@link io.sereno.cli.Guarded} runs a command under a right. */
@NullMarked
package io.sereno.cli;

import org.jspecify.annotations.NullMarked;

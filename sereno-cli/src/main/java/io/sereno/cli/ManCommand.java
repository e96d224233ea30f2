package io.sereno.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "man",
        description = "Prints a manual page, of sereno or of a command, as in: sereno man lock | man -l -")
final class ManCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command; without it, sereno itself.")
    String command = "";

    @Override
    public Integer call() {
        CommandSpec own = spec;
        if (own == null) {
            throw new IllegalStateException("no command line");
        }
        CommandLine root = own.root().commandLine();
        CommandLine shown = command.isEmpty() ? root : root.getSubcommands().get(command);
        if (shown == null) {
            throw new IllegalArgumentException("there is no command '" + Text.printable(command) + "'; accepted are "
                    + String.join(", ", root.getSubcommands().keySet()));
        }
        page(shown).forEach(System.out::println);
        return Exit.OK;
    }

    static List<String> page(CommandLine shown) {
        CommandSpec command = shown.getCommandSpec();
        List<String> page = new ArrayList<>();
        String title = command.qualifiedName("-");
        page.add(".TH " + title.toUpperCase(Locale.ROOT) + " 1 \"\" \"" + Main.version() + "\"");
        page.add(".SH NAME");
        page.add(roff(title) + " \\- " + roff(description(command)));
        page.add(".SH SYNOPSIS");
        page.add(".B " + roff(shown.getHelp().synopsis(0).strip().replaceAll("\\s+", " ")));
        page.add(".SH OPTIONS");
        arguments(command, page);
        if (!shown.getSubcommands().isEmpty()) {
            page.add(".SH COMMANDS");
            shown.getSubcommands().forEach((name, sub) -> {
                page.add(".TP");
                page.add(".B " + roff(name));
                page.add(roff(description(sub.getCommandSpec())));
                if (!command.qualifiedName().equals("sereno")) {
                    page.add(".RS");
                    arguments(sub.getCommandSpec(), page);
                    page.add(".RE");
                }
            });
        }
        if (command.usageMessage().footer().length > 0) {
            page.add(".SH EXIT STATUS");
            page.add(".nf");
            for (String line : command.usageMessage().footer()) {
                page.add(roff(line.strip()));
            }
            page.add(".fi");
        }
        return page;
    }

    private static String description(CommandSpec command) {
        return String.join(" ", command.usageMessage().description());
    }

    private static void arguments(CommandSpec command, List<String> page) {
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            argument(parameter.paramLabel(), "", parameter.description(), page);
        }
        for (OptionSpec option : command.options()) {
            if (!option.hidden()) {
                String label = option.arity().max() > 0 ? " " + option.paramLabel() : "";
                argument(String.join(", ", option.names()), label, option.description(), page);
            }
        }
    }

    private static void argument(String names, String label, String[] description, List<String> page) {
        page.add(".TP");
        page.add(".B " + roff(names + label));
        page.add(roff(String.join(" ", description)));
    }

    /** As text, whatever it begins with. */
    private static String roff(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("%n", " ");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}

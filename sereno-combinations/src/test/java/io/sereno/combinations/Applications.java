package io.sereno.combinations;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.combinations.Combination.Packaging;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Builds applications with Maven, as projects of their own that know this build by a repository only, and starts them.
 *
 * <p>They have a separate local repository in {@code target}, so that no module of Sereno gets into the user's.
 * Artifacts of the user's repository are copied from there; others come from the remote repositories of the user's
 * Maven.
 */
final class Applications {
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    /** So that a build that hangs ends as a failure with its output. */
    private static final long MOST_SECONDS = 300;

    private static final String CLASS_PATH = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath";

    private final Path folder;

    private Applications(Path folder) {
        this.folder = folder;
    }

    /** Writes the projects, in a new folder of this name. */
    static Applications write(String name, List<Combination> combinations) throws IOException {
        Path folder = newFolder(name);
        String repositories = repositories(folder.resolve("repository"));
        for (Combination combination : combinations) {
            Path project = folder.resolve(combination.name());
            Path source = project.resolve("src/main/java/example/Application.java");
            Files.createDirectories(source.getParent());
            Files.copy(Path.of("src/test/apps").resolve(combination.app()), source);
            Files.writeString(project.resolve("pom.xml"), combination.pom(repositories));
        }
        return new Applications(folder)
                .with(repositories, combinations.stream().map(Combination::name).toList());
    }

    /** Copies projects of the folder {@code examples}, which know the repository of Maven Central only, into a new folder. */
    static Applications copy(String name, List<String> examples) throws IOException {
        Path folder = newFolder(name);
        String repositories = repositories(folder.resolve("repository"));
        for (String example : examples) {
            Path project = StagedModules.ROOT.resolve("examples").resolve(example);
            try (Stream<Path> all = Files.walk(project)) {
                for (Path file : all.filter(Files::isRegularFile)
                        .filter(file -> !project.relativize(file).startsWith("target"))
                        .toList()) {
                    Path copy = folder.resolve(example).resolve(project.relativize(file));
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
            Path pom = folder.resolve(example).resolve("pom.xml");
            Files.writeString(
                    pom,
                    Files.readString(pom).replace("</dependencyManagement>", "</dependencyManagement>" + repositories));
        }
        return new Applications(folder).with(repositories, examples);
    }

    private static Path newFolder(String name) throws IOException {
        Path folder = TARGET.resolve("combinations").resolve(name);
        delete(folder);
        // Files of another build must not be taken for those of this one.
        delete(TARGET.resolve("local-repository/io/sereno"));
        StagedModules.into(folder.resolve("repository"));
        return folder;
    }

    /** Adds the pom that lists the projects. */
    private Applications with(String repositories, List<String> projects) throws IOException {
        String modules = projects.stream()
                .map(project -> "<module>" + project + "</module>")
                .collect(Collectors.joining());
        Files.writeString(folder.resolve("pom.xml"), """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>example</groupId><artifactId>%s</artifactId><version>1</version><packaging>pom</packaging>
                  %s
                  <modules>%s</modules>
                  <build><plugins>%s</plugins></build>
                </project>
                """.formatted(
                        folder.getFileName(), repositories, modules, Combination.PLUGINS));
        return this;
    }

    /** Builds all of them, and asks each for its class path. */
    Applications build() throws Exception {
        succeed(maven("package", CLASS_PATH, "-Dmdep.outputFile=target/classpath"));
        return this;
    }

    /** Resolves the versions of each, and does not build. */
    Applications resolve(String... options) throws Exception {
        List<String> goals =
                new ArrayList<>(List.of(CLASS_PATH, "-Dmdep.outputFile=target/classpath", "-DincludeScope=runtime"));
        goals.addAll(List.of(options));
        succeed(maven(goals.toArray(String[]::new)));
        return this;
    }

    private static void succeed(Run run) {
        assertThat(run.status()).as(run.output()).isZero();
    }

    /** Runs goals on all of them. */
    Run maven(String... goals) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("sereno.maven"),
                "-B",
                "-ntp",
                "-Dmaven.repo.local=" + TARGET.resolve("local-repository"),
                "-Dstyle.color=never"));
        command.addAll(List.of(goals));
        return run(folder, command);
    }

    /** Puts a module of Sereno's beside the applications, with nothing but its pom, which finds its parent as theirs find Sereno. */
    Applications addModule(String module) throws IOException {
        String pom = Files.readString(StagedModules.ROOT.resolve(module).resolve("pom.xml"));
        Files.createDirectories(folder.resolve(module));
        Files.writeString(
                folder.resolve(module).resolve("pom.xml"),
                pom.replaceFirst("<relativePath>.*</relativePath>", "<relativePath/>")
                        .replaceFirst(
                                "</parent>",
                                Matcher.quoteReplacement("</parent>" + repositories(folder.resolve("repository")))));
        return this;
    }

    /** The file names of the jars that a project runs with. */
    List<String> jars(String project) throws IOException {
        return Stream.of(classPath(project).split(File.pathSeparator, -1))
                .map(jar -> String.valueOf(Path.of(jar).getFileName()))
                .toList();
    }

    Run start(Combination combination, List<String> arguments) throws Exception {
        Path target = folder.resolve(combination.name()).resolve("target");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        if (combination.packaging() == Packaging.CLASS_PATH) {
            command.addAll(List.of("-cp", runtime(combination.name()), "example.Application"));
        } else {
            command.addAll(List.of("-jar", target.resolve("application.jar").toString()));
        }
        command.addAll(arguments);
        return run(folder.resolve(combination.name()), command);
    }

    /** What a project runs with that starts by the class path: its own classes and the jars. */
    String runtime(String project) throws IOException {
        return folder.resolve(project).resolve("target/classes") + File.pathSeparator + classPath(project);
    }

    /** A file that the build of a project has made. */
    Path made(String project, String file) {
        return folder.resolve(project).resolve("target").resolve(file);
    }

    private String classPath(String project) throws IOException {
        return Files.readString(folder.resolve(project).resolve("target/classpath"));
    }

    /** The output of a process and its end. */
    record Run(int status, String output) {}

    private static Run run(Path folder, List<String> command) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
            String said = Files.readString(output);
            assertThat(ended)
                    .as("ended within %s s: %s%n%s", MOST_SECONDS, command, said)
                    .isTrue();
            return new Run(process.exitValue(), said);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static String repositories(Path staged) {
        String all =
                repository("staged", staged) + repository("cache", Path.of(System.getProperty("sereno.maven.cache")));
        return "<repositories>" + all + "</repositories><pluginRepositories>"
                + all.replace("repository>", "pluginRepository>") + "</pluginRepositories>";
    }

    private static String repository(String id, Path folder) {
        return "<repository><id>" + id + "</id><url>" + folder.toUri()
                + "</url><releases><checksumPolicy>ignore</checksumPolicy></releases>" + "<snapshots><enabled>"
                + id.equals("staged") + "</enabled><checksumPolicy>ignore</checksumPolicy></snapshots></repository>";
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}

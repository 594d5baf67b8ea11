import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

export interface Import {
  /** Path from the root, with forward slashes. */
  readonly from: string;
  /** Path from the root for a file of the project, else the name of the package. */
  readonly to: string;
  readonly kind: 'file' | 'package';
  /** `import type`: gone at run time. */
  readonly typeOnly: boolean;
}

const SOURCE = /\.ts$/;
const BUILTIN = new Set(builtinModules);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every import, export-from, dynamic import and require of a source text, with the names they lead to. */
function specifiers(text: string, path: string): { name: string; typeOnly: boolean }[] {
  const found: { name: string; typeOnly: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword : node.isTypeOnly;
      found.push({ name: node.moduleSpecifier.text, typeOnly });
    } else if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require');
      if (loads && argument !== undefined && ts.isStringLiteral(argument)) found.push({ name: argument.text, typeOnly: false });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push({ name: node.argument.literal.text, typeOnly: true });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return found;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

/** Imports of one file. Node's own modules are left out: they belong to every room. */
export function importsOf(root: string, path: string, text = readFileSync(path, 'utf8')): Import[] {
  const from = relative(root, path).replaceAll('\\', '/');
  return specifiers(text, path).flatMap(({ name, typeOnly }): Import[] => {
    if (name.startsWith('.')) return [{ from, to: relative(root, resolve(dirname(path), name)).replaceAll('\\', '/'), kind: 'file', typeOnly }];
    if (name.startsWith('node:') || BUILTIN.has(name)) return [];
    return [{ from, to: packageName(name), kind: 'package', typeOnly }];
  });
}

export function allImports(root: string, folders: readonly string[]): { files: string[]; imports: Import[] } {
  const paths = folders.flatMap((folder) => filesBelow(join(root, folder)));
  return {
    files: paths.map((path) => relative(root, path).replaceAll('\\', '/')),
    imports: paths.flatMap((path) => importsOf(root, path)),
  };
}

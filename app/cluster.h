// A Kubernetes cluster as the settings name it: how its API server is reached, and how what it has
// joins what the files have.
#pragma once

#include "app/pipeline.h"
#include "config/settings.h"
#include "kubernetes/source.h"
#include "mesh/diagnostic.h"
#include "mesh/resources.h"

namespace app {

// By the kubeconfig of the settings, else by the service account of the pod that we are. Reads the
// file and the environment. Throws std::runtime_error with what is wrong and the remedy.
kubernetes::SourceSettings source_settings(const config::Settings& settings);

// What the custom resources among those of `build` should have as status.
std::vector<kubernetes::ResourceStatus> statuses(const Build& build);

// All of both. What both have is the cluster's, with a warning.
mesh::Resources join(mesh::Resources files, mesh::Resources cluster,
                     mesh::Diagnostics& diagnostics);

}  // namespace app
